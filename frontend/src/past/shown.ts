/** The event number the time machine shows, for the dot in the top bar. */

import { useSyncExternalStore } from 'react'

let shown = 0
const listeners = new Set<() => void>()

export function showSeq(seq: number): void {
  shown = seq
  for (const listener of listeners) listener()
}

export function useShownSeq(): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => shown,
  )
}
