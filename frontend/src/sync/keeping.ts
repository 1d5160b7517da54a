/** The board's last state, kept for the next visit: now and then, and when the page goes. */

import type { BoardSnapshot } from './types'

const EVERY_MS = 20_000

/** Keeps what `dump` gives whenever the number has changed since; `stop` keeps it once more. */
export class Keeping {
  private keptSeq = -1
  private readonly timer = setInterval(() => whenIdle(() => this.keep()), EVERY_MS)
  private stopped = false

  constructor(
    private readonly seq: () => number,
    private readonly dump: () => BoardSnapshot | undefined,
    private readonly save: (snapshot: BoardSnapshot) => void,
  ) {
    window.addEventListener('pagehide', this.keep)
  }

  stop(): void {
    this.keep()
    this.stopped = true
    clearInterval(this.timer)
    window.removeEventListener('pagehide', this.keep)
  }

  private readonly keep = (): void => {
    const seq = this.seq()
    if (this.stopped || seq === this.keptSeq) return
    const snapshot = this.dump()
    if (!snapshot) return
    this.keptSeq = seq
    this.save(snapshot)
  }
}

/** Copying a large board takes longer than a frame. */
function whenIdle(run: () => void): void {
  if (typeof requestIdleCallback === 'undefined') run()
  else requestIdleCallback(run, { timeout: EVERY_MS })
}
