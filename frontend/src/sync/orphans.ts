/** Changes that tabs left behind when they closed, crashed or were reloaded: this tab answers for them from now on. */

import type { OldChanges } from './api'
import { tabIsGone } from './identity'
import type { PendingOp } from './operation'
import type { Outbox } from './outbox'
import type { PersonStorage } from './storage'

const OLD_MS = 24 * 60 * 60 * 1000
const FIRST_MS = [0, 1_000, 4_000] // a closed tab's lock is free a moment later
const EVERY_MS = 30_000

export class Orphans {
  private older: PendingOp[] = []
  private offer: OldChanges | undefined
  private readonly stops: (() => void)[]
  private closed = false

  constructor(
    private readonly tab: string,
    private readonly storage: PersonStorage,
    private readonly outbox: Outbox,
    private readonly changed: () => void,
  ) {
    const look = () => void this.adopt()
    const timers = FIRST_MS.map((ms) => setTimeout(look, ms))
    const every = setInterval(look, EVERY_MS)
    this.stops = [() => clearInterval(every), () => timers.forEach(clearTimeout)]
  }

  close(): void {
    this.closed = true
    for (const stop of this.stops) stop()
  }

  /** Those that are too old to go out unasked. The same object until their number changes. */
  old(): OldChanges | undefined {
    const { older } = this
    if (!older.length) return undefined
    this.offer ??= {
      count: older.length,
      since: older[0]!.at,
      send: () => void this.take(older).then(() => this.set([])),
      discard: () => {
        for (const op of older) this.storage.delete(op.op)
        this.set([])
      },
    }
    return this.offer
  }

  private set(older: PendingOp[]): void {
    if (older.length === this.older.length) return
    this.older = older
    this.offer = undefined
    this.changed()
  }

  private async adopt(): Promise<void> {
    const orphans: PendingOp[] = []
    const gone = new Map<string, boolean>()
    for (const op of await this.storage.all()) {
      if (op.tab === this.tab) continue
      if (!gone.has(op.tab)) gone.set(op.tab, await tabIsGone(op.tab))
      if (gone.get(op.tab)) orphans.push(op)
    }
    const isOld = (op: PendingOp) => Date.now() - op.at > OLD_MS
    await this.take(orphans.filter((op) => !isOld(op)))
    this.set(orphans.filter(isOld))
  }

  private async take(ops: readonly PendingOp[]): Promise<void> {
    if (!ops.length || this.closed) return
    const claimed = await this.storage.claim(
      ops.map((op) => op.op),
      this.tab,
    )
    this.outbox.adopt(claimed)
  }
}
