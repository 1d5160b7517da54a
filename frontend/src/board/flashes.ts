/** Someone else's change, seen once: their colour on the ticket, their name at its corner, and the way it travelled. */

import type { Applied, BoardStore, Id, TopicEvent } from '../sync'
import { board as texts } from '../texts/board'
import { actorName } from '../ui/person'
import { lessMotion } from '../ui/prefs'

export interface Flash {
  /** Person id; null for SQL. */
  who: Id | null
  text: string
  /** In colour: fading, or standing still where so many change that fading costs too much. */
  wash: 'fades' | 'stands' | null
}

const WASH_MS = 1_600
const TAG_MS = 2_500
const TRAVEL_MS = 180
const MOST_TRAVELS = 6
const MOST_FADES = 12
const TRIP_KEPT_MS = 250

class Flashes {
  private readonly now = new Map<Id, Flash>()
  private readonly listeners = new Map<Id, Set<() => void>>()
  private readonly timers = new Map<Id, ReturnType<typeof setTimeout>[]>()

  get = (id: Id): Flash | undefined => this.now.get(id)

  subscribe(id: Id, listener: () => void): () => void {
    const set = this.listeners.get(id) ?? new Set()
    this.listeners.set(id, set.add(listener))
    return () => {
      set.delete(listener)
      if (!set.size) this.listeners.delete(id)
    }
  }

  show(id: Id, who: Id | null, text: string): void {
    for (const timer of this.timers.get(id) ?? []) clearTimeout(timer)
    const wash = this.timers.size > MOST_FADES ? 'stands' : 'fades'
    this.set(id, { who, text, wash })
    this.timers.set(id, [
      setTimeout(() => this.set(id, { who, text, wash: null }), WASH_MS),
      setTimeout(() => this.end(id), TAG_MS),
    ])
  }

  private end(id: Id): void {
    this.timers.delete(id)
    this.now.delete(id)
    this.tell(id)
  }

  private set(id: Id, flash: Flash): void {
    this.now.set(id, flash)
    this.tell(id)
  }

  private tell(id: Id): void {
    for (const listener of this.listeners.get(id) ?? []) listener()
  }
}

export const flashes = new Flashes()

/** Where a ticket that is just being moved by someone was seen last. */
const trips = new Map<Id, { from: DOMRect; at: number }>()

function cardOf(id: Id): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-ticket="${id}"]`)
}

/** Within its list's window? */
function inSight(card: HTMLElement): DOMRect | null {
  const rect = card.getBoundingClientRect()
  const list = card.closest('.list')?.getBoundingClientRect()
  if (!list || rect.bottom < list.top || rect.top > list.bottom) return null
  return rect.right > 0 && rect.left < innerWidth ? rect : null
}

function said(event: TopicEvent): string {
  const who = actorName(event.actor, event.via)
  if (event.type === 'ticket.created') return texts.tagAdded(who)
  const set = event.set ?? {}
  if ('archived_at' in set) return texts.tagRestored(who)
  return 'column_id' in set || 'rank' in set ? texts.tagMoved(who) : texts.tagChanged(who)
}

/** Watches what others do on `store` and lets it be seen. Must hear of it before the tickets are drawn anew. */
export function watchFlashes(store: BoardStore): () => void {
  return store.onApplied(({ events, live }: Applied) => {
    if (!live || document.hidden) return
    const theirs = events.filter((event) => !event.mine && event.type.startsWith('ticket.'))
    const moves = theirs.filter(
      (event) =>
        event.type === 'ticket.updated' && event.set && ('column_id' in event.set || 'rank' in event.set),
    )
    if (moves.length <= MOST_TRAVELS && !lessMotion())
      for (const { id } of moves) {
        const card = cardOf(id)
        const from = card && inSight(card)
        if (from) trips.set(id, { from, at: performance.now() })
      }
    for (const event of theirs) {
      if (event.type === 'ticket.deleted' || typeof event.set?.archived_at === 'string') continue
      const who = event.actor?.id ?? null
      const text = theirs.length <= MOST_TRAVELS ? said(event) : ''
      const { id } = event
      flashes.show(id, who, text)
    }
  })
}

/** `card` has just been drawn: if it was seen elsewhere a moment ago, a copy travels from there to here. */
export function takeTrip(id: Id, card: HTMLElement): void {
  const trip = trips.get(id)
  if (!trip) return
  const rect = card.getBoundingClientRect()
  const dx = trip.from.left - rect.left
  const dy = trip.from.top - rect.top
  const old = performance.now() - trip.at > TRIP_KEPT_MS
  if (!old && Math.abs(dx) < 1 && Math.abs(dy) < 1) return // not drawn at its new place yet
  trips.delete(id)
  if (old || !inSight(card) || !card.animate) return
  const copy = card.cloneNode(true) as HTMLElement
  copy.classList.add('traveller')
  copy.removeAttribute('data-ticket')
  copy.setAttribute('aria-hidden', 'true')
  copy.style.top = `${rect.top}px`
  copy.style.left = `${rect.left}px`
  copy.style.width = `${rect.width}px`
  document.body.append(copy)
  const options = { duration: TRAVEL_MS, easing: 'cubic-bezier(.2,.7,.2,1)' }
  card.animate([{ opacity: 0 }, { opacity: 0 }], { duration: TRAVEL_MS })
  const moving = copy.animate([{ transform: `translate(${dx}px,${dy}px)` }, { transform: 'none' }], options)
  moving.onfinish = moving.oncancel = () => copy.remove()
}
