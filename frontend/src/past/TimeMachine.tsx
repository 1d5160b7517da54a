/** The board's past: a slider drawn from the log, the lanes as they were, and the way to bring something back. */

import { History, Pause, Play, SkipBack, SkipForward, Undo2 } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { comeBack } from '../history/comeBack'
import { deed, type Names, type Part, whoOf } from '../history/deed'
import { ticketEvents } from '../history/log'
import { restoring } from '../history/restore'
import { Sentence } from '../history/Sentence'
import { useTimes } from '../history/useTimes'
import { WhoFace } from '../history/Who'
import { useBoard, useMayEdit } from '../live/board'
import { useNow } from '../live/clock'
import type { BoardStore, Id, Outcome, Ticket, TopicEvent } from '../sync'
import type { BoardBase } from '../sync/base'
import { Button, IconButton } from '../ui/Button'
import { Dot } from '../ui/Dot'
import { count, figure } from '../ui/figures'
import { toast } from '../ui/toasts'
import { PastLanes } from './PastLanes'
import './past.css'
import { showSeq } from './shown'
import { Timeline } from './Timeline'
import { momentOf } from './timeline'
import { descriptionAt, useLog, usePast } from './usePast'

const PLAY_MS = 450

export default function TimeMachine({ onClose }: { onClose: () => void }) {
  const store = useBoard()
  const times = useTimes()
  const mayEdit = useMayEdit()
  const now = Math.max(useNow(10_000), Date.now() - 10_000)
  const [wanted, setWanted] = useState<number | undefined>(seqInAddress)
  const log = useLog(wanted)
  const moments = useMemo(
    () => log.events.map((event) => ({ seq: event.seq, at: Date.parse(event.at) })),
    [log.events],
  )
  const first = moments[0]?.seq
  const last = moments.at(-1)?.seq
  // Until somebody chooses: one event back, so that something differs.
  const seq =
    first === undefined || last === undefined
      ? wanted
      : Math.min(Math.max(wanted ?? last - 1, first - 1), last)
  const { shown, failed } = usePast(seq, log.events)
  const event = log.events.find((each) => each.seq === seq)
  const [picked, setPicked] = useState<Id>()
  const here = picked ?? (event?.type.startsWith('ticket.') ? event.id : undefined)
  const names: Names = {
    column: (id) => shown?.base.columns.get(id)?.title ?? store.column(id)?.title,
    person: (id) => store.nameOf(id),
  }

  const goTo = useCallback((next: number) => {
    setPicked(undefined)
    setWanted(next)
  }, [])
  const step = useCallback(
    (by: 1 | -1) => {
      if (seq === undefined) return
      const next = by > 0 ? moments.find((moment) => moment.seq > seq) : momentOf(seq - 1, moments)
      if (next) goTo(next.seq)
    },
    [seq, moments, goTo],
  )
  const playing = usePlaying(() => step(1), seq !== undefined && seq === last)

  useEffect(() => {
    if (seq === undefined) return
    showSeq(seq)
    const address = new URL(location.href)
    address.searchParams.set('at', String(seq))
    history.replaceState(history.state, '', address)
  }, [seq])

  useEffect(() => {
    const key = (pressed: KeyboardEvent) => {
      if (pressed.key === 'Escape' && !pressed.defaultPrevented) onClose()
    }
    window.addEventListener('keydown', key)
    return () => window.removeEventListener('keydown', key)
  }, [onClose])

  const at = event?.at ?? (seq !== undefined ? momentOf(seq, moments)?.at : undefined)
  const parts = event ? deed(event, names) : []
  const since = last === undefined || seq === undefined ? 0 : Math.max(0, last - seq)
  const words =
    at === undefined
      ? ''
      : `${times.moment(at)}, event ${figure(seq!)}${event ? `: ${whoOf(event).name} ${plain(parts)}` : ''}`

  return (
    <div className="past">
      <div className="bar past-bar">
        <History className="i" aria-hidden="true" />
        <p role="status">
          {at !== undefined && <b>You are looking at {times.day(at)}.</b>}{' '}
          <span className="t2">
            Nothing can be changed here.
            <span className="not-phone"> Restoring writes a new event; it never erases one.</span>
          </span>
        </p>
        <span className="grow" />
        <span className="t2 today not-phone">
          <Dot state="live" />
          Today’s board goes on, now at {figure(store.seq())}
        </span>
      </div>
      {failed || log.failed ? (
        <main className="sentence">
          <h1>{failed || log.failed}</h1>
        </main>
      ) : shown ? (
        <PastLanes base={shown.base} here={here} onHere={setPicked} />
      ) : (
        <main className="page" aria-busy="true" />
      )}
      <section className="tm" aria-label="Time machine">
        <div className="rowa">
          <button type="button" className="play" onClick={playing.toggle}>
            {playing.on ? (
              <Pause className="i" aria-label="Pause" />
            ) : (
              <Play className="i" aria-label="Play" />
            )}
          </button>
          <IconButton
            label="One event back"
            disabled={seq === undefined || seq < (first ?? 0)}
            onClick={() => step(-1)}
          >
            <SkipBack className="i" />
          </IconButton>
          <IconButton
            label="One event on"
            disabled={seq === undefined || seq === last}
            onClick={() => step(1)}
          >
            <SkipForward className="i" />
          </IconButton>
          <span className="when">{at === undefined ? 'Reading the log' : times.moment(at)}</span>
          {event && (
            <span className="did">
              <span className="t3 nth">event {figure(event.seq)}</span>
              <WhoFace who={whoOf(event)} size={20} />
              <span className="what">
                <b>{whoOf(event).name}</b> <Sentence parts={parts} />
              </span>
            </span>
          )}
          <span className="grow" />
          <span className="t3 since">{count(since, 'event')} since</span>
          {mayEdit && shown && here !== undefined && (
            <Restore base={shown.base} events={log.events} id={here} />
          )}
          <Button look="primary" onClick={onClose}>
            Back to now
          </Button>
        </div>
        {seq !== undefined && moments.length > 0 && (
          <Timeline moments={moments} seq={seq} now={now} words={words} onSeq={goTo} />
        )}
        {log.more && (
          <button type="button" className="re older" onClick={log.readOlder}>
            Read further back than {figure(first ?? 0)}
          </button>
        )}
      </section>
    </div>
  )
}

function Restore({ base, events, id }: { base: BoardBase; events: readonly TopicEvent[]; id: Id }) {
  const store = useBoard()
  const then = base.tickets.get(id)
  if (!then || then.archived_at || !base.openColumns().includes(then.column_id)) return null
  return (
    <Button onClick={() => void restore(store, then, base.seq, events)}>
      <Undo2 className="i s" />
      Restore {id} to this
    </Button>
  )
}

/** Title, text and column as they were, as new changes; an archived ticket comes back first. */
async function restore(
  store: BoardStore,
  then: Ticket,
  seq: number,
  events: readonly TopicEvent[],
): Promise<void> {
  const { id } = then
  let now = store.ticket(id)
  if (!now) {
    const back = await comeBack(store, id)
    if (back.is === 'not') return notRestored(id, back.outcome)
    now = back.ticket
  }
  let description = descriptionAt(events, id, seq)
  if (description === undefined && then.has_description) {
    const own = await ticketEvents(id).catch(() => [])
    description = descriptionAt([...own].reverse(), id, seq)
  }
  const set = {
    title: then.title,
    ...(description === undefined ? {} : { description }),
    ...(store.column(then.column_id) ? { column_id: then.column_id, rank: then.rank } : {}),
  }
  const commands = restoring(
    { type: 'ticket.updated', id, set } as unknown as TopicEvent,
    { ...now, description: store.description(id) },
    (column) => store.tickets(column).flatMap((each) => store.ticket(each) ?? []),
  )
  const outcomes = await Promise.all(store.runAll(commands).map((each) => each.settled))
  const refused = outcomes.find((each) => each.is !== 'saved')
  if (refused) notRestored(id, refused)
  else toast({ text: `Restored ${id} to event ${figure(seq)}.` })
}

function notRestored(id: Id, outcome: Outcome): void {
  const why =
    outcome.is === 'refused' ? outcome.refusal.detail || outcome.refusal.title : 'Look at it on the board.'
  toast({ text: `${id} is not restored. ${why}` })
}

function plain(parts: readonly Part[]): string {
  return parts.map((part) => part.text).join('')
}

function seqInAddress(): number | undefined {
  const at = new URLSearchParams(location.search).get('at')
  return at && /^\d{1,15}$/.test(at) ? Number(at) : undefined
}

/** Goes on by itself, an event at a time, until the present. */
function usePlaying(next: () => void, atEnd: boolean) {
  const [on, setOn] = useState(false)
  useEffect(() => {
    if (!on) return
    if (atEnd) return setOn(false)
    const timer = setTimeout(next, PLAY_MS)
    return () => clearTimeout(timer)
  }, [on, next, atEnd])
  return { on, toggle: () => setOn((was) => !was) }
}
