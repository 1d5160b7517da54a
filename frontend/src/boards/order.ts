/** Which board stands where in my list: what I looked at last, then what changed last. */

import type { Id } from '../sync'

export interface Sortable {
  id: Id
  /** When I was there last, on this browser; milliseconds since 1970. */
  visited: number | undefined
  /** When anything on it last changed, RFC 3339; undefined while not known. */
  changed: string | undefined
}

export function sorted(boards: readonly Sortable[]): Id[] {
  return [...boards]
    .sort(
      (a, b) =>
        (b.visited ?? 0) - (a.visited ?? 0) ||
        (b.changed ?? '').localeCompare(a.changed ?? '') ||
        a.id - b.id,
    )
    .map(({ id }) => id)
}

/** Rows do not move while they are looked at: those known keep their order, new ones come below. */
export function kept(order: readonly Id[], open: readonly Id[]): Id[] {
  const there = new Set(open)
  const known = new Set(order)
  return [...order.filter((id) => there.has(id)), ...open.filter((id) => !known.has(id))]
}
