/** What kind of screen this is, live. */

import { useSyncExternalStore } from 'react'

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => matchMedia(query).matches,
  )
}

/** Narrow as a phone. */
export const usePhone = () => useMedia('(max-width: 640px)')

/** Fingers instead of a pointer, or a phone's width: what needs hovering or dragging has a button too. */
export const useCoarse = () => useMedia('(pointer: coarse), (max-width: 640px)')
