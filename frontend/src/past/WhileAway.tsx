/** What changed while I was away: one line on the board, all of it when asked. */

import { useEffect, useMemo, useRef, useState } from 'react'
import { Link } from 'wouter'
import { baseUrl } from '../api/request'
import { deed, type Names, whoOf } from '../history/deed'
import { boardEvents } from '../history/log'
import { Sentence } from '../history/Sentence'
import { useTimes } from '../history/useTimes'
import { WhoFace } from '../history/Who'
import { useBoard, useBoardStatus } from '../live/board'
import { usePerson } from '../live/session'
import { type Visit, Visits } from '../live/visits'
import type { TopicEvent } from '../sync'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { count } from '../ui/figures'
import { AWAY_MS, byWhom, type Change, changesOf } from './away'
import './away.css'

const MOST = 500
const KEEP_EVERY_MS = 30_000
const LINES = 3 // of one ticket's changes

export default function WhileAway() {
  const store = useBoard()
  const person = usePerson()
  const times = useTimes()
  const status = useBoardStatus()
  const visits = useMemo(() => new Visits(person.id, baseUrl()), [person.id])
  const [left, setLeft] = useState<Visit>()
  const [events, setEvents] = useState<readonly TopicEvent[]>([])
  const [open, setOpen] = useState(false)
  const ready = status === 'ready'
  const asked = useRef(false)

  useEffect(() => {
    if (!ready || asked.current) return
    asked.current = true
    const last = visits.read(store.id)
    visits.keep(store.id, { seq: store.seq(), at: Date.now() })
    if (!last || Date.now() - last.at < AWAY_MS || last.seq >= store.seq()) return
    boardEvents(store.id, { after_seq: last.seq, limit: MOST }).then(
      (read) => {
        setLeft(last)
        setEvents(read)
      },
      () => undefined, // the board itself is all here; this was only to tell what is new
    )
  }, [store, visits, ready])

  useEffect(() => {
    if (!ready) return
    const keep = () => {
      // What nobody looked at is still news next time.
      if (document.visibilityState === 'visible') visits.keep(store.id, { seq: store.seq(), at: Date.now() })
    }
    const timer = setInterval(keep, KEEP_EVERY_MS)
    window.addEventListener('pagehide', keep)
    return () => {
      keep()
      clearInterval(timer)
      window.removeEventListener('pagehide', keep)
    }
  }, [store, visits, ready])

  const names: Names & { ticket(id: number): string | undefined } = {
    column: (id) => store.column(id)?.title,
    person: (id) => store.nameOf(id),
    ticket: (id) => store.ticket(id)?.title,
  }
  const changes = left ? changesOf(events, person.id, names) : []
  if (!left || changes.length === 0) return null
  const more = events.length === MOST ? 'or more ' : ''
  return (
    <>
      <section className="away" aria-label="While you were away">
        <p>
          <b>
            {count(changes.length, 'thing')} {more}changed
          </b>{' '}
          since {times.short(left.at)}, by {byWhom(changes)}.
        </p>
        <Button small onClick={() => setOpen(true)}>
          Show
        </Button>
        <Link className="btn sm quiet" href={`/boards/${store.id}/past?at=${left.seq}`}>
          See it as it was
        </Link>
        <Button small look="quiet" onClick={() => setLeft(undefined)}>
          Dismiss
        </Button>
      </section>
      {open && (
        <Dialog
          title={`Since ${times.moment(left.at)}`}
          className="away-dialog"
          onClose={() => setOpen(false)}
        >
          <ol className="body" aria-label="Changes, the last first">
            {changes.map((change) => (
              <ChangeLine key={change.key} change={change} names={names} board={store.id} />
            ))}
          </ol>
        </Dialog>
      )}
    </>
  )
}

function ChangeLine({ change, names, board }: { change: Change; names: Names; board: number }) {
  const times = useTimes()
  const shown = change.events.slice(-LINES).reverse()
  const rest = change.events.length - shown.length
  const openNow = change.ticket !== undefined && change.end !== 'deleted' && change.end !== 'archived'
  return (
    <li className="change">
      {change.ticket !== undefined && (
        <p className="about">
          {openNow ? (
            <Link href={`/boards/${board}/tickets/${change.ticket}`} className="link">
              {change.title}
            </Link>
          ) : (
            <s>{change.title}</s>
          )}
        </p>
      )}
      {shown.map((event) => (
        <p key={event.seq} className="t2 one">
          <WhoFace who={whoOf(event)} />
          <span>
            {whoOf(event).name} <Sentence parts={deed(event, names)} />
          </span>
          <time dateTime={event.at}>{times.short(event.at)}</time>
        </p>
      ))}
      {rest > 0 && <p className="t3">and {count(rest, 'earlier change')}</p>}
    </li>
  )
}
