/** A clock for components: renders again as time passes, all together. */

import { useCallback, useSyncExternalStore } from 'react'

const clocks = new Map<
  number,
  { now: number; listeners: Set<() => void>; timer: ReturnType<typeof setInterval> }
>()

/** Milliseconds since 1970, as of the last tick; a tick every `everyMs`. `on` = false stands still. */
export function useNow(everyMs: number, on = true): number {
  // The same function each time: subscribing anew would start a new clock, and that would render again.
  const subscribe = useCallback(
    (listener: () => void) => {
      if (!on) return () => {}
      let clock = clocks.get(everyMs)
      if (!clock) {
        const made = {
          now: Date.now(),
          listeners: new Set<() => void>(),
          timer: setInterval(() => {
            made.now = Date.now()
            for (const each of made.listeners) each()
          }, everyMs),
        }
        clocks.set(everyMs, made)
        clock = made
      }
      const { listeners, timer } = clock
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size) return
        clearInterval(timer)
        clocks.delete(everyMs)
      }
    },
    [everyMs, on],
  )
  return useSyncExternalStore(subscribe, () => clocks.get(everyMs)?.now ?? rounded(everyMs))
}

/** Before the first tick: the same value within one period, as React asks twice. */
function rounded(everyMs: number): number {
  return Math.floor(Date.now() / everyMs) * everyMs
}
