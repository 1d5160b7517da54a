/** What the log knows of a ticket beside its texts. Assignee, labels, priority and due date come here, each a row. */

import { useTimes } from '../history/useTimes'
import { useBoard, useBoardValue } from '../live/board'
import type { Ticket, Viewed } from '../sync'
import { Avatar } from '../ui/Avatar'

export function Facts({ ticket }: { ticket: Viewed<Ticket> }) {
  const store = useBoard()
  const times = useTimes()
  const column = useBoardValue(`column:${ticket.column_id}`, (board) => board.column(ticket.column_id))
  const by = ticket.created_by === null ? undefined : (store.nameOf(ticket.created_by) ?? 'A former member')
  return (
    <dl className="props">
      <dt>Column</dt>
      <dd>{column?.title ?? 'An archived column'}</dd>
      <dt>Written</dt>
      <dd>
        {ticket.id < 0 ? (
          'Just now'
        ) : (
          <>
            {by && <Avatar id={ticket.created_by} name={by} decorative />}
            <span>
              {by && `${by}, `}
              <time dateTime={ticket.created_at} title={times.exact(ticket.created_at)}>
                {times.date(ticket.created_at)}
              </time>
            </span>
          </>
        )}
      </dd>
      {ticket.id > 0 && (
        <>
          <dt>Changed</dt>
          <dd>
            <time dateTime={ticket.updated_at} title={times.exact(ticket.updated_at)}>
              {times.short(ticket.updated_at)}
            </time>
          </dd>
        </>
      )}
    </dl>
  )
}
