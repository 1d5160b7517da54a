/** What a person set for this browser: kept in its storage, followed by every tab. */

import { useSyncExternalStore } from 'react'

/** `keys`: single-key shortcuts (WCAG 2.1.4). `motion`: as the system says, or less. */
export interface Prefs {
  keys: boolean
  motion: 'system' | 'reduced'
}

const KEYS = 'livelane.keys'
const MOTION = 'livelane.motion'
const listeners = new Set<() => void>()
let held: Prefs | undefined

function read(): Prefs {
  try {
    return {
      keys: localStorage.getItem(KEYS) !== 'off',
      motion: localStorage.getItem(MOTION) === 'reduced' ? 'reduced' : 'system',
    }
  } catch {
    return { keys: true, motion: 'system' }
  }
}

export function prefs(): Prefs {
  held ??= read()
  return held
}

export function setPrefs(change: Partial<Prefs>): void {
  held = { ...prefs(), ...change }
  try {
    localStorage.setItem(KEYS, held.keys ? 'on' : 'off')
    localStorage.setItem(MOTION, held.motion)
  } catch {
    // Without storage it holds until the page is loaded again.
  }
  apply()
}

export function usePrefs(): Prefs {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, prefs)
}

/** Does motion have to be left out: by this setting, or the system's? */
export function lessMotion(): boolean {
  return prefs().motion === 'reduced' || matchMedia('(prefers-reduced-motion: reduce)').matches
}

function apply(): void {
  document.documentElement.dataset.motion = prefs().motion
  for (const listener of listeners) listener()
}

if (typeof window !== 'undefined') {
  window.addEventListener('storage', (event) => {
    if (event.key !== KEYS && event.key !== MOTION) return
    held = undefined
    apply()
  })
  apply()
}
