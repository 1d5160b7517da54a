/** Who wants to hear of what, key by key; what was touched is told together, before anything is drawn. */

import type { Key } from './types'

export class Tellings {
  /** The keys whose answers are new, not told yet. */
  touched = new Set<Key>()
  private readonly listeners = new Map<Key, Set<() => void>>()
  private telling = false

  constructor(private readonly told: (key: Key) => void) {}

  subscribe(key: Key, listener: () => void): () => void {
    const set = this.listeners.get(key) ?? new Set()
    this.listeners.set(key, set.add(listener))
    return () => {
      set.delete(listener)
      if (set.size === 0 && this.listeners.get(key) === set) this.listeners.delete(key)
    }
  }

  has(key: Key): boolean {
    return this.listeners.has(key)
  }

  touch(keys: readonly Key[]): void {
    for (const key of keys) this.touched.add(key)
    if (this.telling) return
    this.telling = true
    queueMicrotask(() => this.tell())
  }

  touchAll(): void {
    for (const key of this.listeners.keys()) this.touched.add(key)
  }

  tell(): void {
    this.telling = false
    const touched = this.touched
    this.touched = new Set()
    for (const key of touched) {
      for (const listener of this.listeners.get(key) ?? []) listener()
      this.told(key)
    }
  }
}
