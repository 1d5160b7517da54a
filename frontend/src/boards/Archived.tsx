import { useEffect, useState } from 'react'
import { expect, Refused, request } from '../api/request'
import { useTimes } from '../history/useTimes'
import type { Board, Role } from '../sync'
import { Button } from '../ui/Button'
import { toast } from '../ui/toasts'

type Listed = Board & { role?: Role }

/** Boards out of the way; their owners bring them back. */
export function Archived() {
  const times = useTimes()
  const [boards, setBoards] = useState<Listed[]>()
  const [failed, setFailed] = useState('')

  useEffect(() => {
    let over = false
    expect(request({ method: 'GET', path: 'api/boards?archived=true' })).then(
      ({ body }) => !over && setBoards(body),
      (error: unknown) => !over && setFailed(sentence(error)),
    )
    return () => {
      over = true
    }
  }, [])

  async function restore(board: Listed): Promise<void> {
    try {
      await expect(request({ method: 'PATCH', path: `api/boards/${board.id}`, body: { archived: false } }))
      setBoards((known) => known?.filter((each) => each.id !== board.id))
      toast({ text: `Restored ${board.title}.` })
    } catch (error) {
      toast({ text: `${board.title} is not restored. ${sentence(error)}` })
    }
  }

  if (failed) return <p className="t2">{failed}</p>
  if (!boards?.length) return null
  return (
    <ul className="rows" aria-label="Archived boards">
      {boards.map((board) => (
        <li key={board.id} className="brow archived">
          <div className="about">
            <h2>{board.title}</h2>
            <p className="last">Archived {board.archived_at && times.ago(board.archived_at)}</p>
          </div>
          {board.role === 'owner' ? (
            <Button small onClick={() => void restore(board)} aria-label={`Restore ${board.title}`}>
              Restore
            </Button>
          ) : (
            <span className="t3">Its owners can restore it.</span>
          )}
        </li>
      ))}
    </ul>
  )
}

function sentence(error: unknown): string {
  return error instanceof Refused ? error.refusal.detail || error.refusal.title : String(error)
}
