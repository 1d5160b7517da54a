/** What kind of screen this is, live. */

import { useCallback, useSyncExternalStore } from 'react'

const lists = new Map<string, MediaQueryList>()

/** Asked for by every ticket with every render: the browser is asked once. */
function media(query: string): MediaQueryList {
  let list = lists.get(query)
  if (!list) {
    list = matchMedia(query)
    lists.set(query, list)
  }
  return list
}

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    useCallback(
      (listener) => {
        const list = media(query)
        list.addEventListener('change', listener)
        return () => list.removeEventListener('change', listener)
      },
      [query],
    ),
    () => media(query).matches,
  )
}

/** Narrow as a phone. */
export const usePhone = () => useMedia('(max-width: 640px)')

/** Fingers instead of a pointer, or a phone's width: what needs hovering or dragging has a button too. */
export const useCoarse = () => useMedia('(pointer: coarse), (max-width: 640px)')
