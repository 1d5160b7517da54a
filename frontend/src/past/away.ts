/** What happened to a board since somebody left it. */

import { type Names, verbOf, whoOf } from '../history/deed'
import type { Id, TopicEvent } from '../sync'

/** A shorter absence is a look at another window. */
export const AWAY_MS = 10 * 60_000

/** One ticket, or one thing of the board, with all that was done to it, oldest first. */
export interface Change {
  key: string
  /** The ticket; undefined for columns, members and the board. */
  ticket: Id | undefined
  title: string
  events: TopicEvent[]
  /** How it ended: "added", "archived", "deleted", or nothing of the kind. */
  end: 'added' | 'archived' | 'deleted' | undefined
}

/** What others did, by ticket, the last touched first; things that came and went in between are left out. */
export function changesOf(
  events: readonly TopicEvent[],
  me: Id,
  names: Names & { ticket(id: Id): string | undefined },
): Change[] {
  const changes = new Map<string, Change>()
  for (const event of [...events].sort((a, b) => a.seq - b.seq)) {
    const [noun] = event.type.split('.')
    if (event.actor?.id === me && !event.via.startsWith('sql:')) continue
    if (noun === 'ticket' && verbOf(event) === 'sorted') continue // a neighbour made room
    const key = `${noun} ${event.id}`
    const title = String(event.set?.title ?? event.was?.title ?? names.ticket(event.id) ?? '')
    const change = changes.get(key) ?? {
      key,
      ticket: noun === 'ticket' ? event.id : undefined,
      title,
      events: [],
      end: undefined,
    }
    changes.delete(key) // last touched, last in the map
    changes.set(key, change)
    change.events.push(event)
    if (noun !== 'ticket') continue
    change.title = names.ticket(event.id) ?? (title || change.title)
    const verb = verbOf(event)
    if (verb === 'wrote') change.end = 'added'
    else if (verb === 'archived') change.end = 'archived'
    else if (verb === 'deleted' || verb === 'moved away') change.end = 'deleted'
    else if (verb === 'restored') change.end = undefined
  }
  return [...changes.values()]
    .filter(({ events: own, end }) => !(end === 'deleted' && own.some((event) => verbOf(event) === 'wrote')))
    .reverse()
}

/** "Tomás, Iris and SQL (reporting)", those who did most first. */
export function byWhom(changes: readonly Change[]): string {
  const deeds = new Map<string, number>()
  for (const { events } of changes)
    for (const event of events) {
      const { name } = whoOf(event)
      deeds.set(name, (deeds.get(name) ?? 0) + 1)
    }
  const names = [...deeds].sort((a, b) => b[1] - a[1]).map(([name]) => name)
  if (names.length > 3) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} others`
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '')
}
