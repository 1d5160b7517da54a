import { Archive, CornerDownRight, X } from 'lucide-react'
import { useMayEdit } from '../live/board'
import { Button, IconButton } from '../ui/Button'
import { figure } from '../ui/figures'
import { useHands } from './hands'
import { useUi } from './ui'

/** How many are selected and what can be done with all of them. */
export function BulkBar() {
  const hands = useHands()
  const mayEdit = useMayEdit()
  const count = useUi((state) => state.selected.size)
  if (!count) return null
  return (
    <div className="bulk" role="toolbar" aria-label="Selected tickets">
      <b>{figure(count)} selected</b>
      {mayEdit && (
        <>
          <Button small look="quiet" onClick={() => hands.openMove(hands.targets())} title="Move to… (M)">
            <CornerDownRight className="i s" aria-hidden="true" />
            Move to…
          </Button>
          <Button small look="quiet" onClick={() => hands.archive(hands.targets())} title="Archive (Del)">
            <Archive className="i s" aria-hidden="true" />
            Archive
          </Button>
        </>
      )}
      <IconButton label="Clear the selection" keys="Escape" onClick={() => hands.clearSelection()}>
        <X className="i s" />
      </IconButton>
    </div>
  )
}
