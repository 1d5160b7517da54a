import { useEffect, useRef } from 'react'
import { useTimes } from '../history/useTimes'
import { connectionWords } from '../live/connection'
import type { Connection } from '../sync'
import { Dot } from '../ui/Dot'
import { figure } from '../ui/figures'
import { lessMotion } from '../ui/prefs'

const BLINK_MS = 120
const AT_MOST_EVERY_MS = 1_000

/** The dot with its words. It blinks only when something really came in: a dot that pulses while the stream is dead is a lie. */
export function ConnectionDot({
  connection,
  seq,
  past = null,
}: {
  connection: Connection
  seq: number | null
  past?: number | null
}) {
  const times = useTimes()
  const words =
    past === null
      ? connectionWords(connection, seq, times)
      : ({ dot: 'past', word: 'Past', figure: figure(past) } as const)
  const at = useRef<HTMLSpanElement>(null)
  const blinkedAt = useRef(0)
  const heard = `${connection.heardAt} ${seq}`

  useEffect(() => {
    const now = Date.now()
    if (!heard || words.dot !== 'live' || now - blinkedAt.current < AT_MOST_EVERY_MS) return
    blinkedAt.current = now
    if (lessMotion()) return
    at.current?.animate?.([{ opacity: 1 }, { opacity: 0.25 }, { opacity: 1 }], BLINK_MS)
  }, [heard, words.dot])

  return (
    <>
      <span ref={at} style={{ display: 'flex' }}>
        <Dot state={words.dot} />
      </span>
      <span data-testid="connection">{words.word}</span>
      {words.figure && <span className="seq not-phone">{words.figure}</span>}
    </>
  )
}
