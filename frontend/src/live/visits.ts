/** When and where somebody last left each board: kept in this browser, for that person alone. */

import type { Id } from '../sync'

export interface Visit {
  seq: number
  /** Milliseconds since 1970. */
  at: number
}

export class Visits {
  private readonly prefix: string

  constructor(
    person: Id,
    base: string,
    private readonly storage: Storage = localStorage,
  ) {
    this.prefix = `livelane visit ${base} ${person}`
  }

  read(board: Id): Visit | undefined {
    try {
      const visit = JSON.parse(this.storage.getItem(`${this.prefix} ${board}`) ?? 'null')
      return Number.isSafeInteger(visit?.seq) && Number.isFinite(visit.at) ? visit : undefined
    } catch {
      return undefined
    }
  }

  keep(board: Id, visit: Visit): void {
    try {
      this.storage.setItem(`${this.prefix} ${board}`, JSON.stringify(visit))
    } catch {
      // Without storage nobody was ever away.
    }
  }
}
