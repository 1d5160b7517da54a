/** Where things go: positions among what is shown, turned into "below this one" among all there are. */

import type { After, Id } from '../sync'

/**
 * The `after` that puts `moving` at `index` of what is `shown` (the moving ones left out), among `all` of the column.
 * With a filter on, the top means directly above the first shown; below the last shown means directly below it.
 */
export function afterAt(
  all: readonly Id[],
  shown: readonly Id[],
  index: number,
  moving: ReadonlySet<Id>,
): After {
  const rest = all.filter((id) => !moving.has(id))
  const visible = shown.filter((id) => !moving.has(id))
  if (index >= visible.length) {
    const last = visible.at(-1)
    return last === undefined || last === rest.at(-1) ? undefined : last
  }
  if (index > 0) return visible[index - 1]!
  const first = rest.indexOf(visible[0]!)
  return first > 0 ? rest[first - 1]! : null
}

/** The position (from 1) `after` leads to, and how many there are then. */
export function positionOf(
  all: readonly Id[],
  after: After,
  moving: ReadonlySet<Id>,
): { position: number; of: number } {
  const rest = all.filter((id) => !moving.has(id))
  const of = rest.length + moving.size
  if (after === null) return { position: 1, of }
  const at = after === undefined ? -1 : rest.indexOf(after)
  return { position: at < 0 ? rest.length + 1 : at + 2, of }
}

/** Would it stay where it is? */
export function isSamePlace(all: readonly Id[], after: After, moving: readonly Id[]): boolean {
  if (!moving.every((id) => all.includes(id))) return false
  const { position } = positionOf(all, after, new Set(moving))
  return moving.every((id, offset) => all[position - 1 + offset] === id)
}

/** A step up or down the list as it is shown, keeping its own neighbours' order. Undefined: it is at the end already. */
export function afterStep(
  all: readonly Id[],
  shown: readonly Id[],
  moving: readonly Id[],
  step: -1 | 1,
): { after: After } | undefined {
  const set = new Set(moving)
  const others = shown.filter((id) => !set.has(id))
  const first = shown.findIndex((id) => set.has(id))
  if (first < 0) return undefined
  const together = moving.every((id, offset) => shown[first + offset] === id)
  const index = together ? first + step : first // first it is gathered, then it steps
  if (index < 0 || index > others.length) return undefined
  return { after: afterAt(all, shown, index, set) }
}

/** The tickets between two of a list, both included, in the list's order. */
export function between(shown: readonly Id[], from: Id, to: Id): Id[] {
  const a = shown.indexOf(from)
  const b = shown.indexOf(to)
  if (a < 0 || b < 0) return b < 0 ? [] : [to]
  return shown.slice(Math.min(a, b), Math.max(a, b) + 1)
}

/** Keeps a position within a list, from 1 to one below its end. */
export function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
