/** The log as REST tells it: newest first, nothing left out. */

import { expect, request } from '../api/request'
import type { Id, TopicEvent } from '../sync'

const PAGE = 50

/** A page of what happened to a ticket, before the time `before`. Throws Refused. */
export async function ticketEvents(ticket: Id, before?: string): Promise<TopicEvent[]> {
  return read(`api/tickets/${ticket}/events`, { before, limit: PAGE })
}

/** A page of what happened on a board; `limit` at most 500. Throws Refused. */
export async function boardEvents(
  board: Id,
  range: { before_seq?: number | undefined; after_seq?: number | undefined; limit?: number },
): Promise<TopicEvent[]> {
  return read(`api/boards/${board}/events`, { limit: PAGE, ...range })
}

/** One event with the texts a frame left out. Throws Refused. */
export async function wholeEvent(event: TopicEvent): Promise<TopicEvent> {
  if (!event.omitted?.length) return event
  const board = Number(event.topic.replace('board/', ''))
  return (await expect(request({ method: 'GET', path: `api/boards/${board}/events/${event.seq}` }))).body
}

async function read(
  path: `api/boards/${number}/events` | `api/tickets/${number}/events`,
  params: Record<string, string | number | undefined>,
): Promise<TopicEvent[]> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, String(value))
  const { body } = await expect(request({ method: 'GET', path: `${path}?${query}` as const }))
  return body
}

/** Two lists of one topic's events as one, newest first, each event once. */
export function merged(some: readonly TopicEvent[], more: readonly TopicEvent[]): TopicEvent[] {
  const all = new Map([...some, ...more].map((event) => [`${event.topic} ${event.seq}`, event]))
  return [...all.values()].sort((a, b) => (a.at === b.at ? b.seq - a.seq : a.at < b.at ? 1 : -1))
}
