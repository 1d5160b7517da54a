/** The ticket a page is about, also after it left the board: archived, deleted or moved away under somebody's hands. */

import { useEffect, useRef, useState } from 'react'
import { expect, Refused, request } from '../api/request'
import { useBoard, useTicket } from '../live/board'
import type { Id, Ticket, TopicEvent, Viewed } from '../sync'

export type Standing =
  | { is: 'open'; ticket: Viewed<Ticket> }
  /** `event` tells who and when, once known. */
  | { is: 'archived' | 'deleted' | 'moved'; ticket: Ticket; event: TopicEvent | undefined }
  | { is: 'unknown' }
  | { is: 'loading' }
  | { is: 'failed'; sentence: string }

export function useTicketRow(id: Id): Standing {
  const store = useBoard()
  const live = useTicket(id)
  const last = useRef<Viewed<Ticket>>(undefined)
  const [left, setLeft] = useState<TopicEvent>()
  const [asked, setAsked] = useState<Standing>({ is: 'loading' })
  if (live) last.current = live
  else if (last.current && last.current.id !== id) last.current = undefined

  // Who took it away: seen as it happens.
  useEffect(
    () =>
      store.onApplied(({ events }) => {
        for (const event of events) if (event.id === id && leaves(event)) setLeft(event)
      }),
    [store, id],
  )

  // Not on the board: archived, elsewhere, or never there. Only the server knows.
  const ready = store.status() === 'ready'
  useEffect(() => {
    if (live || !ready || id < 0) return
    let over = false
    setAsked({ is: 'loading' })
    expect(request({ method: 'GET', path: `api/tickets/${id}` })).then(
      ({ body }) => {
        if (over) return
        const ticket = body as Ticket
        if (ticket.board_id !== store.id) setAsked({ is: 'moved', ticket, event: undefined })
        else setAsked({ is: 'archived', ticket, event: undefined })
      },
      (error: unknown) => {
        if (over) return
        const status = error instanceof Refused ? error.refusal.status : 0
        setAsked(
          status === 404 || status === 403
            ? { is: 'unknown' }
            : { is: 'failed', sentence: `This ticket did not load: ${said(status)}` },
        )
      },
    )
    return () => {
      over = true
    }
  }, [store, id, live, ready])

  if (live) return { is: 'open', ticket: live }
  const ticket = last.current
  if (ticket) {
    const event = left && left.at >= ticket.updated_at ? left : undefined
    if (event?.type === 'ticket.deleted') return { is: event.moved_to ? 'moved' : 'deleted', ticket, event }
    if (event) return { is: 'archived', ticket, event }
    if (asked.is === 'unknown') return { is: 'deleted', ticket, event: undefined }
    return asked.is === 'archived' || asked.is === 'moved'
      ? asked
      : { is: 'archived', ticket, event: undefined }
  }
  return id < 0 ? { is: 'unknown' } : asked
}

function said(status: number): string {
  return status ? `the server answered ${status}.` : 'no answer from the server.'
}

function leaves(event: TopicEvent): boolean {
  if (event.type === 'ticket.deleted') return true
  return event.type === 'ticket.updated' && typeof event.set?.archived_at === 'string'
}
