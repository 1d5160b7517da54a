/** The one-time code of a printed link, `/#code=…`: read once, taken out of the address, held until it is used. */

import { useSyncExternalStore } from 'react'

const FORM = /^[A-Za-z0-9_-]{4,200}$/
const listeners = new Set<() => void>()
let held: string | undefined

/** The code in a fragment: `#code=…`. */
export function codeIn(hash: string): string | undefined {
  const code = new URLSearchParams(hash.replace(/^#/, '')).get('code')
  return code && FORM.test(code) ? code : undefined
}

/** Takes the code out of the address, so that neither history nor a copied link keeps it. */
function take(): void {
  const code = codeIn(location.hash)
  if (!code) return
  held = code
  history.replaceState(history.state, '', location.pathname + location.search)
  for (const listener of listeners) listener()
}

if (typeof window !== 'undefined') {
  take()
  window.addEventListener('hashchange', take)
}

export function useCode(): string | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => held,
  )
}

/** True while a link's code waits to be dealt with: then Entrance is shown, signed in or not. */
export function useCodeWaits(): boolean {
  return useCode() !== undefined
}

export function dropCode(): void {
  held = undefined
  for (const listener of listeners) listener()
}
