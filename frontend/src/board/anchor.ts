/** What others do above leaves what I am reading where it is. At the top of a list new tickets come into sight. */

import type { VirtualItem, Virtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useRef } from 'react'
import type { Id } from '../sync'

const WITNESSES = 3

/** Scrolls the list along with its tickets whenever their order changes. */
export function useAnchor(
  list: Virtualizer<HTMLDivElement, Element>,
  shown: readonly Id[],
  items: readonly VirtualItem[],
): void {
  const drawn = useRef({ shown, items })
  useLayoutEffect(() => {
    const before = drawn.current
    drawn.current = { shown, items }
    const offset = list.scrollOffset ?? 0
    if (before.shown === shown || offset <= 0) return
    const shift = shiftOf(before, shown, offset, (index) => list.measurementsCache[index]!.start)
    if (shift) list.scrollToOffset(offset + shift)
  })
}

/** How far the tickets in sight went: the first of them says so, unless it was the one that was moved. */
export function shiftOf(
  before: { shown: readonly Id[]; items: readonly { index: number; start: number; end: number }[] },
  shown: readonly Id[],
  offset: number,
  startAt: (index: number) => number,
): number {
  const shifts: number[] = []
  for (const item of before.items) {
    if (item.end <= offset) continue
    const index = shown.indexOf(before.shown[item.index]!)
    if (index >= 0) shifts.push(startAt(index) - item.start)
    if (shifts.length === WITNESSES) break
  }
  return shifts.sort((a, b) => Math.abs(a) - Math.abs(b))[0] ?? 0
}
