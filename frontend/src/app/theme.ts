/** System, light or dark. The blocking theme.js sets it before the first paint; this follows changes. */

import { useEffect, useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'livelane.theme'
const listeners = new Set<() => void>()

export function theme(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return kept === 'light' || kept === 'dark' ? kept : 'system'
  } catch {
    return 'system'
  }
}

function apply(): void {
  const system = matchMedia('(prefers-color-scheme: dark)').matches
  const chosen = theme()
  document.documentElement.dataset.theme = chosen === 'system' ? (system ? 'dark' : 'light') : chosen
  for (const listener of listeners) listener()
}

export function chooseTheme(chosen: Theme): void {
  try {
    if (chosen === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, chosen)
  } catch {
    // Storage may be switched off: it holds until the page is loaded again.
    document.documentElement.dataset.theme = chosen
    return
  }
  apply()
}

/** Follows the system and other tabs. */
export function useTheme(): Theme {
  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)')
    const stored = (event: StorageEvent) => event.key === KEY && apply()
    media.addEventListener('change', apply)
    window.addEventListener('storage', stored)
    return () => {
      media.removeEventListener('change', apply)
      window.removeEventListener('storage', stored)
    }
  }, [])
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, theme)
}
