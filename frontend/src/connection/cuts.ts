/** How often the stream was cut while this page was open, and after what time: a proxy's timeout shows as a rhythm. */

import type { Connection, Session } from '../sync'

export interface Cut {
  /** Milliseconds since 1970. */
  at: number
  /** How long it had been live before. */
  livedMs: number
  /** How long until it was live again; null while it is not. */
  awayMs: number | null
}

const KEPT = 200

export class Cuts {
  private readonly list: Cut[] = []
  private liveSince: number | null = null

  /** Called with each state of the connection; `now` in ms since 1970. */
  see({ word, reason }: Pick<Connection, 'word' | 'reason'>, now: number): void {
    const last = this.list.at(-1)
    if (word === 'live') {
      if (last && last.awayMs === null) last.awayMs = now - last.at
      this.liveSince ??= now
    } else if (word === 'reconnecting' || word === 'offline' || word === 'polling') {
      if (this.liveSince === null) return
      // A restart that was announced is no fault on the way.
      if (reason !== 'restart') this.list.push({ at: now, livedMs: now - this.liveSince, awayMs: null })
      if (this.list.length > KEPT) this.list.shift()
      this.liveSince = null
    }
  }

  since(start: number): readonly Cut[] {
    return this.list.filter((cut) => cut.at >= start)
  }
}

/** The time after which streams keep being cut, in ms; null when there is no rhythm in it. */
export function rhythm(cuts: readonly Cut[]): number | null {
  if (cuts.length < 3) return null
  const lives = cuts.map((cut) => cut.livedMs).sort((a, b) => a - b)
  const median = lives[lives.length >> 1]!
  const near = lives.filter((lived) => Math.abs(lived - median) <= Math.max(1000, median * 0.1))
  return near.length >= Math.max(3, cuts.length * 0.7) ? median : null
}

let watched: { session: Session; cuts: Cuts; stop: () => void } | undefined

/** Watches this session's connection from now on; asking again returns what was seen so far. */
export function cutsOf(session: Session): Cuts {
  if (watched?.session === session) return watched.cuts
  watched?.stop()
  const cuts = new Cuts()
  const look = () => cuts.see(session.connection(), Date.now())
  look()
  watched = { session, cuts, stop: session.subscribe('connection', look) }
  return cuts
}
