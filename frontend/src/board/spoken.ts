/** Others' changes, summed up for the ear: every five seconds at most, "Mira moved 3 tickets, Tomás changed 1." */

import type { BoardStore, TopicEvent } from '../sync'
import { announce, announcementsMuted } from '../ui/announce'
import { actorName } from '../ui/person'

const EVERY_MS = 5_000

type Deed = 'moved' | 'changed' | 'added' | 'archived'

export function deedOf(event: TopicEvent): Deed | null {
  if (!event.type.startsWith('ticket.')) return null
  if (event.type === 'ticket.created') return 'added'
  if (event.type === 'ticket.deleted' || typeof event.set?.archived_at === 'string') return 'archived'
  return event.set && ('column_id' in event.set || 'rank' in event.set) ? 'moved' : 'changed'
}

/** One sentence for all of them; '' for nothing. */
export function summed(events: readonly TopicEvent[]): string {
  const tickets = new Map<string, Map<Deed, Set<number>>>()
  for (const event of events) {
    const deed = deedOf(event)
    if (!deed) continue
    const who = actorName(event.actor, event.via)
    const deeds = tickets.get(who) ?? new Map<Deed, Set<number>>()
    tickets.set(who, deeds)
    deeds.set(deed, (deeds.get(deed) ?? new Set()).add(event.id))
  }
  let named = false
  const parts: string[] = []
  for (const [who, deeds] of tickets)
    for (const [deed, ids] of deeds) {
      parts.push(`${who} ${deed} ${ids.size}${named ? '' : ids.size === 1 ? ' ticket' : ' tickets'}`)
      named = true
    }
  return parts.length ? `${parts.join(', ')}.` : ''
}

/** Speaks for `store` until stopped. */
export function watchSpoken(store: BoardStore): () => void {
  let waiting: TopicEvent[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = store.onApplied(({ events, live }) => {
    if (!live || announcementsMuted()) return
    const theirs = events.filter((event) => !event.mine && deedOf(event) !== null)
    if (!theirs.length) return
    waiting.push(...theirs)
    timer ??= setTimeout(() => {
      timer = undefined
      const text = summed(waiting)
      waiting = []
      if (text) announce(text)
    }, EVERY_MS)
  })
  return () => {
    clearTimeout(timer)
    stop()
  }
}
