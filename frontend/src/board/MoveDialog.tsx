import { useState } from 'react'
import { useBoard, useColumns } from '../live/board'
import type { Id } from '../sync'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { count, figure } from '../ui/figures'
import { shownTickets } from './filter'
import { useHands } from './hands'
import { moveTickets } from './moves'
import { afterAt, clamp } from './places'
import { focusTicket } from './ui'

/** "Move to…": the same as a drop, for keys, fingers and voices. */
export default function MoveDialog({ ids, onClose }: { ids: readonly Id[]; onClose: () => void }) {
  const store = useBoard()
  const hands = useHands()
  const columns = useColumns()
  const first = store.ticket(ids[0]!)
  // What the person sees when the dialog opens is what they decide on.
  const [seen] = useState(() => new Map(ids.map((id) => [id, store.ticket(id)?.version ?? 0])))
  const from = first?.column_id ?? columns[0]!
  const [chosen, setColumn] = useState<Id>(from)
  const column = columns.includes(chosen) ? chosen : from // it may be archived meanwhile
  const moving = new Set(ids)
  const all = store.tickets(column)
  const others = all.filter((id) => !moving.has(id))
  const at = first && first.column_id === column ? all.indexOf(first.id) + 1 : 0
  const [position, setPosition] = useState(at || others.length + 1)
  const target = store.column(column)
  const limit = target?.wip_limit ?? null
  const full =
    limit !== null && others.length + moving.size > limit && others.length + moving.size > all.length

  function choose(id: Id): void {
    setColumn(id)
    const there = store.tickets(id).filter((other) => !moving.has(other))
    setPosition(first?.column_id === id ? store.tickets(id).indexOf(first.id) + 1 : there.length + 1)
  }

  function move(): void {
    onClose()
    const index = clamp(position, 1, others.length + 1) - 1
    moveTickets(hands, ids, column, afterAt(all, all, index, moving), seen)
    const lead = store.ticket(ids[0]!)
    if (!lead) return
    const shown = shownTickets(store, lead.column_id, hands.ui.getState().filter)
    focusTicket(hands.ui, lead.column_id, lead.id, Math.max(0, shown.indexOf(lead.id)))
  }

  const title =
    ids.length === 1 ? `Move ${first?.id ?? ids[0]} to…` : `Move ${count(ids.length, 'ticket')} to…`
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          move()
        }}
      >
        <div className="body move-form">
          {ids.length === 1 && <p className="t2">{first?.title}</p>}
          <label className="field" style={{ margin: 0 }}>
            <span className="name">Column</span>
            <select
              className="input"
              data-autofocus
              value={column}
              onChange={(event) => choose(Number(event.target.value))}
            >
              {columns.map((id) => (
                <option key={id} value={id}>
                  {store.column(id)?.title}
                </option>
              ))}
            </select>
          </label>
          <label className="field" style={{ margin: 0 }}>
            <span className="name">
              Position <em>of {figure(others.length + moving.size)}</em>
            </span>
            <input
              className="input"
              type="number"
              min={1}
              max={others.length + 1}
              value={position}
              onChange={(event) => setPosition(Math.floor(Number(event.target.value)))}
            />
          </label>
          {full && (
            <p className="warn" role="status">
              {target?.title} is full, {figure(all.length)} of {figure(limit)}.
            </p>
          )}
        </div>
        <div className="actions">
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" type="submit">
            Move to {target?.title}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
