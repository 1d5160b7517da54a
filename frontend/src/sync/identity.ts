/** Who this browser is signed in as, known to all its tabs at once; nothing is sent under another. */

import { baseUrl } from '../api/request'
import type { Person } from './types'

/** Random, and there without a secure context too. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const key = () => `livelane ${baseUrl()} person`

/** The person the last sign-in of any tab left, undefined when there was none or storage is switched off. */
export function knownPerson(): Person | undefined {
  try {
    const kept = localStorage.getItem(key())
    return kept ? (JSON.parse(kept) as Person) : undefined
  } catch {
    return undefined
  }
}

export function rememberPerson(person: Person | undefined): void {
  try {
    // With the time, so that other tabs hear of it also when it is the same person again.
    if (person) localStorage.setItem(key(), JSON.stringify({ ...person, remembered_at: Date.now() }))
    else localStorage.removeItem(key())
  } catch {
    // Without storage each tab stands for itself.
  }
}

/** Calls back when another tab signs in or out. */
export function onPersonChange(listener: () => void): () => void {
  const changed = (e: StorageEvent) => {
    if (e.key === key() || e.key === null) listener()
  }
  window.addEventListener('storage', changed)
  return () => window.removeEventListener('storage', changed)
}

/** Requests share it; a change of person has it alone, so none of the old one's is in the air. */
export function withIdentity<T>(mode: 'shared' | 'exclusive', run: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return run()
  return navigator.locks.request(`livelane ${baseUrl()} identity`, { mode }, run) as Promise<T>
}

/** Holds a tab's name for as long as it lives. */
export function holdTab(tab: string): void {
  if (navigator.locks) void navigator.locks.request(tabLock(tab), () => new Promise(() => {}))
}

/** Is that tab gone? Without locks there is no telling: yes, since what is sent twice counts once. */
export async function tabIsGone(tab: string): Promise<boolean> {
  if (!navigator.locks) return true
  return navigator.locks.request(tabLock(tab), { ifAvailable: true }, async (lock) => lock !== null)
}

const tabLock = (tab: string) => `livelane ${baseUrl()} tab ${tab}`
