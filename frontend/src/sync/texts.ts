/** Descriptions are not part of a board's snapshot: each is fetched when somebody looks at its ticket. */

import type { Send } from '../api/request'
import type { BoardBase } from './base'
import type { Id } from './types'

const AGAIN_MS = 3_000

export interface TextsOwner {
  /** Does somebody look at it? */
  wanted(id: Id): boolean
  /** It is known now. */
  came(id: Id): void
}

export class Texts {
  private readonly loading = new Set<Id>()
  private closed = false

  constructor(
    private readonly base: BoardBase,
    private readonly send: Send,
    private readonly owner: TextsOwner,
  ) {}

  close(): void {
    this.closed = true
  }

  /** Fetches it, and again until it is known, for as long as somebody looks at it. */
  load(id: Id): void {
    if (id < 0 || this.loading.has(id) || this.base.description(id) !== undefined) return
    this.loading.add(id)
    void this.send({ method: 'GET', path: `api/tickets/${id}` })
      .then((answer) => {
        this.loading.delete(id)
        if (!answer.ok || typeof answer.body?.description !== 'string') return answer.status >= 500
        this.base.learn(answer.body)
        this.owner.came(id)
        return this.base.description(id) === undefined // something newer came in between
      })
      .catch(() => {
        this.loading.delete(id)
        return true
      })
      .then((again) => {
        if (again && !this.closed) setTimeout(() => this.want(id), AGAIN_MS)
      })
  }

  /** Fetches it if somebody looks at it. */
  want(id: Id): void {
    if (this.owner.wanted(id)) this.load(id)
  }
}
