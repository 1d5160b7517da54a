/** What was typed and not saved, kept in this browser, for this person alone. */

import type { Id } from '../sync/types'
import type { Edit } from './edit'

export type Field = 'title' | 'description'

export interface Draft extends Pick<Edit, 'text' | 'base' | 'seen'> {
  /** Milliseconds since 1970. */
  at: number
}

const KEPT_MS = 30 * 86_400_000

/** One per person, ticket and field; `base` tells apart products served under different paths of one address. */
export class Drafts {
  private readonly prefix: string

  constructor(
    private readonly person: Id,
    base: string,
    private readonly storage: Storage = localStorage,
  ) {
    this.prefix = `livelane draft ${base} ${this.person}`
  }

  read(ticket: Id, field: Field): Draft | undefined {
    try {
      const draft = JSON.parse(this.storage.getItem(this.key(ticket, field)) ?? 'null')
      const sound =
        typeof draft?.text === 'string' && typeof draft.base === 'string' && Number.isInteger(draft.seen)
      return sound ? draft : undefined
    } catch {
      return undefined
    }
  }

  /** False when the browser would not keep it: full, or forbidden. */
  keep(ticket: Id, field: Field, edit: Edit, at = Date.now()): boolean {
    const { text, base, seen } = edit
    try {
      this.storage.setItem(this.key(ticket, field), JSON.stringify({ text, base, seen, at } satisfies Draft))
      return true
    } catch {
      return false
    }
  }

  drop(ticket: Id, field: Field): void {
    try {
      this.storage.removeItem(this.key(ticket, field))
    } catch {
      // Forbidden storage holds nothing to drop.
    }
  }

  /** Forgets this person's drafts that nobody came back to for 30 days. */
  sweep(now = Date.now()): void {
    const keys = Array.from({ length: this.storage.length }, (_, i) => this.storage.key(i)!)
    for (const key of keys) {
      if (!key.startsWith(`${this.prefix} `)) continue
      try {
        const { at } = JSON.parse(this.storage.getItem(key)!)
        if (now - at > KEPT_MS) this.storage.removeItem(key)
      } catch {
        this.storage.removeItem(key)
      }
    }
  }

  private key(ticket: Id, field: Field): string {
    return `${this.prefix} ${ticket} ${field}`
  }
}
