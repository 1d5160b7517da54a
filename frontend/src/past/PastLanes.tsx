/** The lanes of a former moment. To look at only; a ticket that is elsewhere today says where. */

import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowRight } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useBoard } from '../live/board'
import type { BoardStore, Column, Id, Ticket } from '../sync'
import type { BoardBase } from '../sync/base'
import { figure } from '../ui/figures'
import { LaneTab, useCurrentLane } from '../ui/LaneTabs'
import { usePhone } from '../ui/media'

const TICKET_PX = 66
const GAP = 7
const SEGMENTS = 12 // more are words only

export function PastLanes({
  base,
  here,
  onHere,
}: {
  base: BoardBase
  /** The ticket the moment is about. */
  here: Id | undefined
  onHere: (id: Id) => void
}) {
  const columns = base.openColumns()
  const board = useRef<HTMLElement>(null)
  const phone = usePhone()
  const current = useCurrentLane(board)
  return (
    <div className="past-lanes">
      {phone && (
        <nav className="tabs" aria-label="Columns as they were">
          {columns.map((id, index) => (
            <LaneTab
              key={id}
              id={id}
              title={base.columns.get(id)!.title}
              count={base.openTickets(id).length}
              limit={base.columns.get(id)!.wip_limit}
              current={index === current}
              board={board}
            />
          ))}
        </nav>
      )}
      <main className="board" ref={board} id="content" aria-label="Columns as they were">
        {columns.map((id, index) => (
          <PastLane
            key={id}
            base={base}
            column={base.columns.get(id)!}
            tickets={base.openTickets(id)}
            done={index === columns.length - 1}
            here={here}
            onHere={onHere}
          />
        ))}
        {columns.length === 0 && <p className="sentence t2">There was no column yet.</p>}
      </main>
    </div>
  )
}

function PastLane({
  base,
  column,
  tickets,
  done,
  here,
  onHere,
}: {
  base: BoardBase
  column: Column
  tickets: readonly Id[]
  done: boolean
  here: Id | undefined
  onHere: (id: Id) => void
}) {
  const list = useRef<HTMLUListElement>(null)
  const lane = useRef<HTMLElement>(null)
  const open = tickets.filter((id) => !base.tickets.get(id)?.archived_at)
  const virtual = useVirtualizer({
    count: open.length,
    getScrollElement: () => list.current,
    estimateSize: () => TICKET_PX,
    getItemKey: (index) => open[index]!,
    overscan: 6,
    gap: GAP,
    paddingStart: 8,
    paddingEnd: 24,
  })
  const at = here === undefined ? -1 : open.indexOf(here)
  const { wip_limit: limit } = column
  const full = limit !== null && open.length >= limit

  useEffect(() => {
    if (at < 0) return
    virtual.scrollToIndex(at, { align: 'auto' })
    lane.current?.scrollIntoView?.({ inline: 'nearest', block: 'nearest' })
  }, [here, at])

  return (
    <section className="col" ref={lane} data-column={column.id} aria-label={column.title}>
      <header className="colhead">
        <h2>{column.title}</h2>
        <span className={`n ${full ? 'full-word' : ''}`}>
          {limit === null ? figure(open.length) : `${figure(open.length)} of ${figure(limit)}`}
          {full && ', full'}
        </span>
        {limit !== null && limit <= SEGMENTS && (
          <span className={`wip ${full ? 'full' : ''}`} aria-hidden="true">
            {Array.from({ length: limit }, (_, n) => (
              <i key={n} className={n < open.length ? '' : 'free'} />
            ))}
          </span>
        )}
      </header>
      <ul className="list" ref={list} aria-label={`${column.title}, ${open.length} tickets`}>
        <li style={{ height: virtual.getTotalSize() }} aria-hidden="true" />
        {virtual.getVirtualItems().map(({ index, start }) => {
          const id = open[index]!
          return (
            <PastTicket
              key={id}
              ticket={base.tickets.get(id)!}
              top={start}
              index={index}
              of={open.length}
              done={done}
              here={id === here}
              measure={virtual.measureElement}
              onHere={onHere}
            />
          )
        })}
      </ul>
    </section>
  )
}

function PastTicket({
  ticket,
  top,
  index,
  of,
  done,
  here,
  measure,
  onHere,
}: {
  ticket: Ticket
  top: number
  index: number
  of: number
  done: boolean
  here: boolean
  measure: (node: Element | null) => void
  onHere: (id: Id) => void
}) {
  const store = useBoard()
  const now = whereNow(store, ticket)
  return (
    <li
      ref={measure}
      data-index={index}
      className={`ticket past-ticket ${done ? 'done' : ''} ${here ? 'here' : ''}`}
      style={{ top }}
      aria-setsize={of}
      aria-posinset={index + 1}
    >
      <button type="button" className="name" aria-pressed={here} onClick={() => onHere(ticket.id)}>
        {ticket.title}
      </button>
      <div className="meta">
        <div className="facts">
          <span>{ticket.id}</span>
          {now && (
            <span className="was">
              <ArrowRight className="i s" aria-hidden="true" />
              {now}
            </span>
          )}
        </div>
      </div>
    </li>
  )
}

/** "now in Review", "archived now"; undefined where it stands in the same column today. */
function whereNow(store: BoardStore, ticket: Ticket): string | undefined {
  const today = store.ticket(ticket.id)
  if (!today) return 'not open now'
  if (today.column_id === ticket.column_id) return undefined
  return `now in ${store.column(today.column_id)?.title ?? 'another column'}`
}
