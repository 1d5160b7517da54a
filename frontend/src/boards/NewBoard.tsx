import { type FormEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { expect, Refused, request } from '../api/request'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'

const USUAL = ['To do', 'Doing', 'Done']

/** A name, and the columns it begins with, one on each line. */
export function NewBoard({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation()
  const [title, setTitle] = useState('')
  const [columns, setColumns] = useState(USUAL.join('\n'))
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState('')
  const [uid] = useState(newUid)

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setWrong('')
    const names = columns
      .split('\n')
      .map((name) => name.trim())
      .filter(Boolean)
    try {
      const { body } = await expect(
        // The key lets a second press after a lost answer find the first board again.
        request({
          method: 'POST',
          path: 'api/boards',
          body: { title: title.trim(), columns: names, uid },
          key: uid,
        }),
      )
      onClose()
      go(`/boards/${body.id}`)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      setWrong(error.refusal.detail || error.refusal.title)
      setBusy(false)
    }
  }

  return (
    <Dialog title="New board" onClose={onClose}>
      <form onSubmit={(event) => void create(event)}>
        <div className="body">
          <label className="field">
            <span className="name">Name</span>
            <input
              className="input"
              data-autofocus
              required
              maxLength={500}
              value={title}
              onChange={(event) => setTitle(event.target.value)}
            />
          </label>
          <label className="field">
            <span className="name">
              Columns <em>one on each line</em>
            </span>
            <textarea
              className="input"
              rows={5}
              value={columns}
              onChange={(event) => setColumns(event.target.value)}
            />
          </label>
          {wrong && (
            <p className="wrong" role="alert">
              {wrong}
            </p>
          )}
        </div>
        <div className="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={busy || !title.trim()}>
            Create board
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** randomUUID exists on secure pages only; plain HTTP on a local network is none. */
function newUid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
