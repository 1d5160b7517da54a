/** The board as it was: snapshots of the past from the server, events forward from there. */

import { useCallback, useEffect, useRef, useState } from 'react'
import { expect, Refused, request } from '../api/request'
import { boardEvents, merged } from '../history/log'
import { useBoard } from '../live/board'
import type { TopicEvent } from '../sync'
import { BoardBase } from '../sync/base'
import type { BoardSnapshot, Id } from '../sync/types'

const PAGE = 500
const READ_AT_FIRST = 2_000 // events; older ones when somebody asks
const READ_AT_MOST = 20_000 // for an address that points further back
const STEP_OVER = 200 // events to apply rather than to ask for another snapshot
const SETTLE_MS = 90

export interface Log {
  /** Oldest first, without gaps. */
  events: readonly TopicEvent[]
  /** There are older ones. */
  more: boolean
  failed: string
  readOlder(): void
}

/** The board's log, newest part first, at least back to `reach`; goes on growing while it is looked at. */
export function useLog(reach: number | undefined): Log {
  const store = useBoard()
  const [events, setEvents] = useState<readonly TopicEvent[]>([])
  const [more, setMore] = useState(false)
  const [failed, setFailed] = useState('')
  const oldest = useRef<number>(undefined)
  const wanted = useRef(reach)

  const readDown = useCallback(
    async (atLeast: number, isOver: () => boolean) => {
      try {
        for (let read = 0, until = atLeast; read < until; ) {
          const page = await boardEvents(store.id, { before_seq: oldest.current, limit: PAGE })
          if (isOver()) return
          read += page.length
          oldest.current = page.at(-1)?.seq ?? oldest.current
          setEvents((known) => merged(known, page).reverse())
          setMore(page.length === PAGE)
          if (page.length < PAGE) break
          const short = wanted.current !== undefined && (oldest.current ?? 0) > wanted.current
          if (short && read >= until && read < READ_AT_MOST) until += PAGE
        }
        setFailed('')
      } catch (error) {
        if (!isOver()) setFailed(sentence(error))
      }
    },
    [store],
  )

  useEffect(() => {
    let over = false
    oldest.current = undefined
    setEvents([])
    void readDown(READ_AT_FIRST, () => over)
    const stop = store.onApplied(({ events: applied }) =>
      setEvents((known) => merged(known, applied).reverse()),
    )
    return () => {
      over = true
      stop()
    }
  }, [store, readDown])

  return { events, more, failed, readOlder: () => void readDown(READ_AT_FIRST, () => false) }
}

export interface Past {
  /** The board at `base.seq`; a new object whenever it changed. Undefined until the first snapshot came. */
  shown: { base: BoardBase } | undefined
  failed: string
}

/** The board at `seq`: events are applied over small steps, else a snapshot is asked for. */
export function usePast(seq: number | undefined, events: readonly TopicEvent[]): Past {
  const store = useBoard()
  const [shown, setShown] = useState<{ base: BoardBase }>()
  const [failed, setFailed] = useState('')
  const base = useRef<BoardBase>(undefined)

  useEffect(() => {
    if (seq === undefined) return
    const held = base.current
    const next =
      held && held.seq < seq ? events.filter((event) => event.seq > held.seq && event.seq <= seq) : []
    const whole = next.length === seq - (held?.seq ?? 0) && next.length <= STEP_OVER
    if (held?.seq === seq) return
    if (held && whole && !held.incomplete) {
      for (const event of next) held.apply(event, new Set())
      if (!held.incomplete) return setShown({ base: held })
    }
    let over = false
    const timer = setTimeout(
      () =>
        expect(request({ method: 'GET', path: `api/boards/${store.id}?at=${seq}` })).then(
          ({ body }) => {
            if (over) return
            const fresh = new BoardBase()
            fresh.load(body as BoardSnapshot)
            base.current = fresh
            setFailed('')
            setShown({ base: fresh })
          },
          (error: unknown) => !over && setFailed(sentence(error)),
        ),
      held ? SETTLE_MS : 0, // not for every place the hand passes
    )
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [store, seq, events])

  return { shown, failed }
}

function sentence(error: unknown): string {
  if (!(error instanceof Refused)) throw error
  const { status, detail, title } = error.refusal
  if (status === 0) return 'The past did not load: no answer from the server.'
  return status >= 500 ? `The past did not load: the server answered ${status}.` : detail || title
}

/** The description of a ticket as it was at `seq`, out of its own events; undefined when the log does not tell. */
export function descriptionAt(events: readonly TopicEvent[], ticket: Id, seq: number): string | undefined {
  let found: string | undefined
  for (const event of events) {
    if (event.id !== ticket || !event.type.startsWith('ticket.')) continue
    if (event.seq <= seq) {
      if (typeof event.set?.description === 'string') found = event.set.description
    } else if (found === undefined && typeof event.was?.description === 'string') return event.was.description
  }
  return found
}
