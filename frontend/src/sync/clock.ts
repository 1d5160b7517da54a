/** How far the server's clock is from this one, from what was said when. */

const KEPT = 120

/**
 * Each answer and each frame bounds the difference: what was said was said before it was heard, and after it was asked
 * for. Of the differences the evidence allows, the one nearest to zero counts: two synchronised clocks are the usual case.
 */
export class ServerClock {
  private atLeast: number[] = []
  private atMost: number[] = []

  /** The server said `at` (its time), heard here at `heardAt`. */
  heard(at: number, heardAt: number): void {
    keep(this.atLeast, at - heardAt)
    this.mend(this.atMost)
  }

  /** A request sent here at `sentAt` caused something at `at` (its time), known to `precisionMs`. */
  caused(at: number, sentAt: number, precisionMs = 0): void {
    keep(this.atMost, at + precisionMs - sentAt)
    this.mend(this.atLeast)
  }

  /** To be added to this clock to get the server's, in ms. */
  offset(): number {
    const low = this.atLeast.length ? Math.max(...this.atLeast) : Number.NEGATIVE_INFINITY
    const high = this.atMost.length ? Math.min(...this.atMost) : Number.POSITIVE_INFINITY
    return Math.min(Math.max(0, low), high)
  }

  /** A server's time as a time of this clock. */
  here(at: number): number {
    return at - this.offset()
  }

  /** A clock that was set contradicts what was known: the newest evidence wins. */
  private mend(older: number[]): void {
    while (
      this.atLeast.length &&
      this.atMost.length &&
      Math.max(...this.atLeast) > Math.min(...this.atMost) &&
      older.length
    )
      older.shift()
  }
}

function keep(values: number[], value: number): void {
  values.push(value)
  if (values.length > KEPT) values.shift()
}

/** RFC 3339 with microseconds as milliseconds since 1970, fractions kept. */
export function timeOf(at: string): number {
  const ms = Date.parse(at)
  const micro = /\.\d{3}(\d{1,3})/.exec(at)
  return micro ? ms + Number(micro[1]!.padEnd(3, '0')) / 1000 : ms
}
