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
const LOOK_MS = 100
const TRAVEL_MS = 180
const MOST_TRAVELS = 6
const MOST_FADES = 12

class Flashes {
  /** The one that began last is last. */
  private readonly now = new Map<Id, { flash: Flash; at: number }>()
  private readonly listeners = new Map<Id, Set<() => void>>()
  private timer: ReturnType<typeof setInterval> | undefined

  get = (id: Id): Flash | undefined => this.now.get(id)?.flash

  subscribe(id: Id, listener: () => void): () => void {
    const set = this.listeners.get(id) ?? new Set()
    this.listeners.set(id, set.add(listener))
    return () => {
      set.delete(listener)
      if (!set.size) this.listeners.delete(id)
    }
  }

  show(id: Id, who: Id | null, text: string): void {
    this.now.delete(id)
    const wash = this.now.size >= MOST_FADES || lessMotion() ? 'stands' : 'fades'
    this.now.set(id, { flash: { who, text, wash }, at: performance.now() })
    this.tell(id)
    this.timer ??= setInterval(() => this.look(), LOOK_MS)
  }

  /** Ends what has been seen long enough, all of it together. */
  private look(): void {
    const now = performance.now()
    for (const [id, each] of this.now) {
      const age = now - each.at
      if (age < WASH_MS) break
      if (age >= TAG_MS) this.now.delete(id)
      else if (each.flash.wash) each.flash = { ...each.flash, wash: null }
      else continue
      this.tell(id)
    }
    if (this.now.size) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  private tell(id: Id): void {
    for (const listener of this.listeners.get(id) ?? []) listener()
  }
}

export const flashes = new Flashes()

function cardOf(id: Id): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-ticket="${id}"] > .ticket`)
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
    if (moves.length <= MOST_TRAVELS && !lessMotion()) travel(moves.map(({ id }) => id))
    for (const event of theirs) {
      if (event.type === 'ticket.deleted' || typeof event.set?.archived_at === 'string') continue
      const who = event.actor?.id ?? null
      const text = theirs.length <= MOST_TRAVELS ? said(event) : ''
      flashes.show(event.id, who, text)
    }
  })
}

/** Those of them that are seen now and in the next frame as well travel from here to there. */
function travel(ids: readonly Id[]): void {
  const trips = new Map<Id, DOMRect>()
  for (const id of ids) {
    const card = cardOf(id)
    const from = card && inSight(card)
    if (from) trips.set(id, from)
  }
  if (!trips.size) return
  // Told when the next frame is laid out and before it is painted: only then does asking for places cost nothing.
  const laidOut = new ResizeObserver(() => {
    laidOut.disconnect()
    for (const [id, from] of trips) {
      const card = cardOf(id)
      const to = card && inSight(card)
      if (to) fly(card, from, to)
    }
  })
  laidOut.observe(document.body)
}

/** A copy of the card goes from one place to the other. */
function fly(card: HTMLElement, from: DOMRect, to: DOMRect): void {
  const dx = from.left - to.left
  const dy = from.top - to.top
  if (Math.abs(dx) < 1 && Math.abs(dy) < 1) return
  const copy = card.cloneNode(true) as HTMLElement
  copy.classList.add('traveller')
  copy.inert = true
  copy.setAttribute('aria-hidden', 'true')
  copy.style.top = `${to.top}px`
  copy.style.left = `${to.left}px`
  copy.style.width = `${to.width}px`
  document.body.append(copy)
  card.animate([{ opacity: 0 }, { opacity: 0 }], { duration: TRAVEL_MS })
  const moving = copy.animate([{ transform: `translate(${dx}px,${dy}px)` }, { transform: 'none' }], {
    duration: TRAVEL_MS,
    easing: 'cubic-bezier(.2,.7,.2,1)',
  })
  moving.onfinish = moving.oncancel = () => copy.remove()
}
