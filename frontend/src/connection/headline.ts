/** First the sentence: how the connection is, and what that means. */

import type { Times } from '../history/times'
import { connectionWords } from '../live/connection'
import type { Connection } from '../sync'
import { figure } from '../ui/figures'

export function headline(
  connection: Connection,
  seq: number | null,
  now: number,
  times: Times,
): { title: string; sub: string } {
  const { word, figure: number } = connectionWords(connection, seq, times)
  const seconds = (until: number) => Math.max(0, Math.ceil((until - now) / 1000))
  const next =
    connection.nextTryAt === null ? '' : ` Next try in ${Math.max(1, seconds(connection.nextTryAt))} s.`
  switch (connection.word) {
    case 'live': {
      const checked =
        connection.heardAt === null ? 0 : Math.max(0, Math.round((now - connection.heardAt) / 1000))
      const ago = checked < 2 ? 'just now' : `${checked} s ago`
      return {
        title: seq === null ? 'Live' : `Live at event ${figure(seq)}`,
        sub:
          seq === null
            ? `The server was heard ${ago}.`
            : `The server’s last number is the same as yours. Checked ${ago}.`,
      }
    }
    case 'connecting':
      return { title: 'Connecting', sub: 'The stream is being opened.' }
    case 'catching':
      return { title: number ? `${word} ${number}` : word, sub: 'What you missed is on its way, in order.' }
    case 'reconnecting':
      return { title: word, sub: `The stream broke at ${times.clock(connection.since)}.${next}` }
    case 'offline':
      return {
        title: word,
        sub: `Nobody answers. Your changes wait here and go out when somebody does.${next}`,
      }
    case 'polling':
      return {
        title: word,
        sub: 'Requests are answered, streams are not: the board is read again every few seconds.',
      }
    case 'ended':
      return { title: word, sub: 'Sign in again. Your changes are kept here.' }
    case 'other':
      return { title: word, sub: 'Nothing of yours is sent under another name.' }
  }
}
