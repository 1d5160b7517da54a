import { Plus } from 'lucide-react'
import { useState } from 'react'
import { board as texts } from '../texts/board'
import { Button, IconButton } from '../ui/Button'
import { addColumn } from './columns'
import { useHands } from './hands'

/** Where the next column comes: a narrow strip, or the whole board while it has none. */
export function AddLane({
  open,
  onOpen,
  alone,
}: {
  open: boolean
  onOpen: (open: boolean) => void
  alone: boolean
}) {
  const hands = useHands()
  const [title, setTitle] = useState('')
  if (!open)
    return (
      <div className="add-lane">
        {alone ? (
          <div className="empty no-columns">
            <b>{texts.emptyBoard}</b>
            <Button small look="primary" onClick={() => onOpen(true)}>
              {texts.addColumn}
            </Button>
          </div>
        ) : (
          <IconButton label={texts.addColumn} onClick={() => onOpen(true)}>
            <Plus className="i" />
          </IconButton>
        )}
      </div>
    )
  const close = () => {
    onOpen(false)
    setTitle('')
  }
  return (
    <div className="add-lane">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          addColumn(hands, title)
          close()
        }}
      >
        <input
          className="input"
          // biome-ignore lint/a11y/noAutofocus: the person just asked to write here
          autoFocus
          aria-label="Name of the new column"
          placeholder="Name of the column"
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return
            event.stopPropagation()
            close()
          }}
        />
        <div style={{ display: 'flex', gap: 6 }}>
          <Button small look="primary" type="submit" disabled={!title.trim()}>
            {texts.addColumn}
          </Button>
          <Button small look="quiet" onClick={close}>
            Leave it
          </Button>
        </div>
      </form>
    </div>
  )
}
