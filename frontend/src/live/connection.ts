/** The connection in words, exactly as the dot says them. */

import type { Times } from '../history/times'
import type { Connection } from '../sync'
import type { DotState } from '../ui/Dot'
import { figure } from '../ui/figures'

/** What stands beside the dot, and the number after it where there is one. */
export function connectionWords(
  connection: Connection,
  seq: number | null,
  times: Times,
): { dot: DotState; word: string; figure: string } {
  const since = times.clock(connection.since)
  switch (connection.word) {
    case 'live':
      return { dot: 'live', word: 'Live', figure: seq === null ? '' : figure(seq) }
    case 'connecting':
      return { dot: 'catching', word: 'Connecting', figure: '' }
    case 'catching':
      return connection.behind === null
        ? { dot: 'catching', word: 'Catching up', figure: '' }
        : { dot: 'catching', word: 'Catching up,', figure: `${figure(connection.behind)} to go` }
    case 'reconnecting':
      return { dot: 'reconnecting', word: 'Reconnecting', figure: '' }
    case 'polling':
      return { dot: 'reconnecting', word: `No live stream since ${since}`, figure: '' }
    case 'offline':
      return { dot: 'offline', word: `Offline since ${since}`, figure: '' }
    case 'ended':
      return { dot: 'offline', word: 'Session ended', figure: '' }
    case 'other':
      return { dot: 'offline', word: 'Someone else is signed in', figure: '' }
  }
}
