/** The log itself, as far as it is about this ticket: numbers, who, what, from and to, when; each can be brought back. */

import { useCallback, useEffect, useState } from 'react'
import { Refused } from '../api/request'
import { type Names, ticketDeeds, whoOf } from '../history/deed'
import { merged, ticketEvents, wholeEvent } from '../history/log'
import { differing, type Present, restoring } from '../history/restore'
import { Sentence } from '../history/Sentence'
import { useTimes } from '../history/useTimes'
import { WhoFace } from '../history/Who'
import { useBoard, useBoardValue } from '../live/board'
import { useNow } from '../live/clock'
import type { Id, Ticket, TopicEvent, Viewed } from '../sync'
import { Button } from '../ui/Button'
import { figure } from '../ui/figures'
import { toast } from '../ui/toasts'

const PAGE = 50

export function History({ ticket, mayEdit }: { ticket: Viewed<Ticket>; mayEdit: boolean }) {
  const { events, more, failed, readMore } = useHistory(ticket.id)
  const store = useBoard()
  const description = useBoardValue(`description:${ticket.id}`, (board) => board.description(ticket.id))
  const present: Present = { ...ticket, description }
  const names: Names = { column: (id) => store.column(id)?.title, person: (id) => store.nameOf(id) }

  async function restore(event: TopicEvent): Promise<void> {
    try {
      const whole = await wholeEvent(event)
      const siblings = (column: Id) =>
        store.tickets(column).flatMap((id) => {
          const sibling = store.ticket(id)
          return sibling ? [sibling] : []
        })
      const commands = restoring(whole, present, siblings)
      if (commands.length) store.runAll(commands)
      toast({ text: `Restored what event ${figure(event.seq)} made of ${ticket.id}.` })
    } catch (error) {
      toast({ text: `Event ${figure(event.seq)} did not load. ${(error as Error).message}` })
    }
  }

  return (
    <section className="history" aria-labelledby="history">
      <h2 className="h" id="history">
        History <span className="t3">from the log</span>
      </h2>
      {failed && (
        <p className="t2 failed" role="status">
          {failed}{' '}
          <button type="button" className="re" onClick={readMore}>
            Try again
          </button>
        </p>
      )}
      <ol className="log" aria-label="History, newest first">
        {events.map((event, index) => (
          <Entry
            key={`${event.topic} ${event.seq}`}
            event={event}
            newest={index === 0}
            names={names}
            restorable={mayEdit && ticket.id > 0 && differing(event, present).length > 0}
            onRestore={() => void restore(event)}
          />
        ))}
      </ol>
      {events.length === 0 && !failed && ticket.id < 0 && (
        <p className="t3">It has no number yet: nothing of it has reached the server.</p>
      )}
      {more && (
        <Button small onClick={readMore}>
          Older
        </Button>
      )}
    </section>
  )
}

function Entry({
  event,
  newest,
  names,
  restorable,
  onRestore,
}: {
  event: TopicEvent
  newest: boolean
  names: Names
  restorable: boolean
  onRestore: () => void
}) {
  const times = useTimes()
  const now = useNow(60_000)
  const who = whoOf(event)
  const lines = ticketDeeds(event, names)
  const first = lines[0] ?? []
  return (
    <li>
      <span className="n">{figure(event.seq)}</span>
      <span className="who">
        <WhoFace who={who} />
        <b>{who.person ? who.name : who.sql ? 'SQL' : who.name}</b>
        {who.sql && <span>({who.sql})</span>}
        <span className="grow" />
        <time dateTime={event.at} title={times.exact(event.at)}>
          {times.short(event.at, Math.max(now, Date.now()))}
        </time>
      </span>
      <div className="what">
        {lines.map((parts) => (
          <p key={parts.map((part) => part.text).join()}>
            <Sentence parts={parts} />
            {newest && parts === first && !restorable && <span className="now"> (now)</span>}
          </p>
        ))}
      </div>
      {restorable && (
        <button
          type="button"
          className="re"
          onClick={onRestore}
          aria-label={`Restore this, event ${event.seq}`}
        >
          Restore this
        </button>
      )}
    </li>
  )
}

/** The ticket's events, newest first: read once, then as they are applied; read again after an absence. */
function useHistory(id: Id) {
  const store = useBoard()
  const [events, setEvents] = useState<readonly TopicEvent[]>([])
  const [more, setMore] = useState(false)
  const [failed, setFailed] = useState('')

  const read = useCallback(
    async (before?: string) => {
      if (id < 0) return
      try {
        const page = await ticketEvents(id, before)
        setEvents((known) => merged(known, page))
        setMore(page.length >= PAGE)
        setFailed('')
      } catch (error) {
        const status = error instanceof Refused ? error.refusal.status : 0
        setFailed(
          status
            ? `The history did not load: the server answered ${status}.`
            : 'The history did not load: no answer.',
        )
      }
    },
    [id],
  )

  useEffect(() => {
    setEvents([])
    setMore(false)
    void read()
    let word = store.connection().word
    const stops = [
      store.onApplied((applied) => {
        const mine = applied.events.filter((event) => event.id === id && event.type.startsWith('ticket.'))
        if (mine.length) setEvents((known) => merged(known, mine))
      }),
      store.subscribe('connection', () => {
        const next = store.connection().word
        if (next === 'live' && word !== 'live') void read() // a snapshot may have come in the events' stead
        word = next
      }),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [store, id, read])

  const oldest = events.at(-1)?.at
  return { events, more, failed, readMore: () => void read(failed ? undefined : oldest) }
}
