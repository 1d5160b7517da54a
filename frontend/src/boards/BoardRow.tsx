import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { Link } from 'wouter'
import { lastDeed } from '../history/deed'
import { boardEvents, merged } from '../history/log'
import { useTimes } from '../history/useTimes'
import { WhoFace } from '../history/Who'
import { GivenBoard, useBoard, useMembers, useOpenBoard } from '../live/board'
import { useNow } from '../live/clock'
import type { BoardStore, Membership, TopicEvent } from '../sync'
import { Avatar } from '../ui/Avatar'
import { figure } from '../ui/figures'
import { type Bar, heights, shapeKey, shapeOf } from './shape'
import type { Listed } from './useListing'

const FACES = 4
const REMEMBERED = 30

/** One board. `live`: holds the board's own store, so that everything in the row follows. `listed`: as REST told it. */
export function BoardRow({
  membership,
  live,
  listed,
}: {
  membership: Membership
  live: boolean
  listed: Listed | undefined
}) {
  const store = useOpenBoard(live ? membership.board_id : undefined)
  const gone = useGone(store)
  if (gone) return null
  return (
    <li>
      <Link href={`/boards/${membership.board_id}`} className="brow">
        {store ? (
          <GivenBoard store={store}>
            <Live membership={membership} listed={listed} />
          </GivenBoard>
        ) : (
          <Told membership={membership} listed={listed} />
        )}
      </Link>
    </li>
  )
}

function Name({
  membership: { role },
  title,
  children,
}: {
  membership: Membership
  title: string
  children?: React.ReactNode
}) {
  return (
    <div className="about">
      <h2>
        <span>{title}</span>
        {role === 'viewer' && <span className="role">view only</span>}
      </h2>
      {children}
    </div>
  )
}

function Told({ membership, listed }: { membership: Membership; listed: Listed | undefined }) {
  const times = useTimes()
  const now = useNow(5_000)
  return (
    <>
      <Name membership={membership} title={membership.title}>
        <p className="last">{listed ? `Changed ${times.ago(listed.changed_at, now)}` : '\u00a0'}</p>
      </Name>
      <div className="spark" aria-hidden="true" />
      <Count tickets={listed?.tickets} />
    </>
  )
}

function Count({ tickets }: { tickets: number | undefined }) {
  return (
    <div className="num">
      {tickets !== undefined && (
        <>
          <b>{figure(tickets)}</b> {tickets === 1 ? 'ticket' : 'tickets'}
        </>
      )}
    </div>
  )
}

function Live({ membership, listed }: { membership: Membership; listed: Listed | undefined }) {
  const store = useBoard()
  const bars = useShape(store)
  const title = useSyncExternalStore(
    useCallback((listener) => store.subscribe('board', listener), [store]),
    () => store.board()?.title,
  )
  const total = bars.reduce((sum, bar) => sum + bar.count, 0)
  const ready = title !== undefined
  return (
    <>
      <Name membership={membership} title={title ?? membership.title}>
        <Last />
      </Name>
      <div className="spark" aria-hidden="true">
        {heights(bars).map((height, index) => (
          <i
            key={index}
            className={bars[index]!.full ? 'full' : index === bars.length - 1 ? 'done' : ''}
            style={{ height }}
          />
        ))}
      </div>
      <Count tickets={ready ? total : listed?.tickets} />
      {/* Who is there now takes this place once presence is known. */}
      <Faces />
    </>
  )
}

/** "Tomás moved 306 to Review, 4 s ago" */
function Last() {
  const store = useBoard()
  const times = useTimes()
  const now = useNow(5_000)
  const [events, setEvents] = useState<readonly TopicEvent[]>([])

  useEffect(() => {
    let over = false
    boardEvents(store.id, { limit: REMEMBERED }).then(
      (read) => !over && setEvents((known) => merged(known, read).slice(0, REMEMBERED)),
      () => undefined, // the row stands without it
    )
    const stop = store.onApplied(({ events: applied }) =>
      setEvents((known) => merged(known, applied).slice(0, REMEMBERED)),
    )
    return () => {
      over = true
      stop()
    }
  }, [store])

  const last = lastDeed(
    events,
    { column: (id) => store.column(id)?.title, person: (id) => store.nameOf(id) },
    events.length >= REMEMBERED,
  )
  if (!last) return <p className="last">&nbsp;</p>
  return (
    <p className="last">
      <WhoFace who={last.who} />
      <span>
        {last.who.name} {last.words}, {times.ago(events[0]!.at, Math.max(now, Date.now() - 5_000))}
      </span>
    </p>
  )
}

function Faces() {
  const members = useMembers()
  const shown = members.slice(0, FACES)
  return (
    <div className="avs" title={`Members: ${members.map((member) => member.name).join(', ')}`}>
      {shown.map((member) => (
        <Avatar key={member.person_id} id={member.person_id} name={member.name} size={26} />
      ))}
      {members.length > FACES && <span className="av m more">+{members.length - FACES}</span>}
    </div>
  )
}

function useShape(store: BoardStore): readonly Bar[] {
  const subscribe = useCallback(
    (listener: () => void) => {
      let columns: (() => void)[] = []
      const follow = () => {
        for (const stop of columns) stop()
        columns = store
          .columns()
          .flatMap((id) => [
            store.subscribe(`tickets:${id}`, listener),
            store.subscribe(`column:${id}`, listener),
          ])
      }
      follow()
      const changed = () => {
        follow()
        listener()
      }
      const stops = [store.subscribe('columns', changed), store.subscribe('status', changed)]
      return () => {
        for (const stop of [...stops, ...columns]) stop()
      }
    },
    [store],
  )
  const key = useSyncExternalStore(subscribe, () => shapeKey(shapeOf(store)))
  return key === '' ? [] : shapeOf(store)
}

/** Archived or deleted, or I am no member any more: the list of memberships says so a moment later. */
function useGone(store: BoardStore | undefined): boolean {
  return useSyncExternalStore(
    useCallback((listener) => store?.subscribe('status', listener) ?? (() => {}), [store]),
    () => store?.status() === 'gone' || store?.status() === 'forbidden',
  )
}
