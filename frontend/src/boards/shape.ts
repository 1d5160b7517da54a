/** A board as its columns' sizes: a few bars that tell a full column and the last one apart. */

import type { BoardStore } from '../sync'

export interface Bar {
  count: number
  full: boolean
}

const TALLEST = 32

export function shapeOf(store: BoardStore): Bar[] {
  return store.columns().map((id) => {
    const count = store.tickets(id).length
    const limit = store.column(id)?.wip_limit ?? null
    return { count, full: limit !== null && count >= limit }
  })
}

/** Heights in px, by the square root: a column of 70 must not flatten the others. */
export function heights(bars: readonly Bar[]): number[] {
  const most = Math.max(1, ...bars.map((bar) => bar.count))
  return bars.map(({ count }) => (count ? Math.max(3, Math.sqrt(count / most) * TALLEST) : 1))
}

/** Equal text for equal shapes, so that a store can be asked as often as React likes. */
export function shapeKey(bars: readonly Bar[]): string {
  return bars.map((bar) => `${bar.count}${bar.full ? '!' : ''}`).join(' ')
}
