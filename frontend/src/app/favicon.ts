/** The mark in the tab wears the connection's state: a tab in the background tells the truth. */

import { useEffect } from 'react'
import type { DotState } from '../ui/Dot'

const LANES =
  '<rect x="2" y="2" width="4" height="16" rx="1.2"/><rect x="8" y="2" width="4" height="11" rx="1.2"/><rect x="14" y="9" width="4" height="9" rx="1.2"/>'

/** A shape for each state as well: colours are small there, and the same for everyone. */
const DOTS: Record<DotState, string> = {
  live: '<circle cx="16" cy="4.5" r="3" fill="#1C9A5C"/>',
  catching: '<circle cx="16" cy="4.5" r="2.4" fill="none" stroke="#2787B8" stroke-width="1.6"/>',
  reconnecting: '<circle cx="16" cy="4.5" r="2.4" fill="none" stroke="#D07A00" stroke-width="1.6"/>',
  offline:
    '<circle cx="16" cy="4.5" r="2.4" fill="none" stroke="#7F8B8F" stroke-width="1.6"/><path d="m12.6 7.900 6.800-6.800" stroke="#7F8B8F" stroke-width="1.6"/>',
  past: '<rect x="14" y="2.5" width="4" height="4" fill="#7F8B8F"/>',
}

/** The picture as a data address. */
export function faviconOf(state: DotState): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><style>g{fill:#171E20}@media(prefers-color-scheme:dark){g{fill:#E8EDED}}</style><g>${LANES}</g>${DOTS[state]}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

export function useFavicon(state: DotState): void {
  useEffect(() => {
    let link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
    if (!link) {
      link = document.createElement('link')
      link.rel = 'icon'
      document.head.append(link)
    }
    link.type = 'image/svg+xml'
    link.href = faviconOf(state)
  }, [state])
}
