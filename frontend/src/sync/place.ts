/** Places among siblings, said by neighbours: the server makes ranks, and neighbours may be gone by the time it does. */

import type { After, Id } from './types'

const TRAIL = 8

/** Where a row goes among its siblings: below the first of `trail` that is still there. */
export interface Place {
  /** The column, for tickets; 0 for columns. */
  parent: Id
  /** Siblings above, nearest first. */
  trail: Id[]
  /** The trail reaches the top: with none of it left, the place is the first; else the last. */
  complete: boolean
  /** Below all, whoever they are by then. */
  last: boolean
}

/** The place that `after` names among `siblings`. */
export function placeAfter(parent: Id, siblings: readonly Id[], after: After, self?: Id): Place {
  const others = siblings.filter((id) => id !== self)
  const index = after === undefined ? others.length : after === null ? 0 : others.indexOf(after) + 1
  const lost = typeof after === 'number' && index === 0
  return {
    parent,
    trail: others.slice(Math.max(0, index - TRAIL), index).reverse(),
    complete: index <= TRAIL,
    last: after === undefined || lost,
  }
}

/** The place a row has now, to return to. */
export function placeOf(parent: Id, siblings: readonly Id[], self: Id): Place {
  const index = siblings.indexOf(self)
  return placeAfter(parent, siblings, index < 0 ? undefined : index === 0 ? null : siblings[index - 1], self)
}

/** Puts `id` where `place` says. `order` does not hold it. */
export function insertAt(order: Id[], place: Place, id: Id): void {
  let index = place.complete ? 0 : order.length
  if (place.last) index = order.length
  else
    for (const above of place.trail) {
      const found = order.indexOf(above)
      if (found < 0) continue
      index = found + 1
      break
    }
  order.splice(index, 0, id)
}

/** What to ask the server for. */
export function afterOf(place: Place): After {
  return place.last ? undefined : (place.trail[0] ?? null)
}

/** The nearest sibling is gone: the next one up, else the end the trail reached. False: nothing is left to try. */
export function retreat(place: Place): boolean {
  if (place.last || (place.trail.length === 0 && place.complete)) return false
  place.trail.shift()
  if (place.trail.length === 0 && !place.complete) place.last = true
  return true
}
