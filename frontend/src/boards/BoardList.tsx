/** My boards as rows: what happened last and by whom, the shape of the columns, how many tickets. Live like a board. */

import { Plus } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { baseUrl } from '../api/request'
import { useConnection, useMemberships, usePerson } from '../live/session'
import { Visits } from '../live/visits'
import type { Id, Membership } from '../sync'
import { Button } from '../ui/Button'
import { count } from '../ui/figures'
import { Archived } from './Archived'
import { BoardRow } from './BoardRow'
import './boards.css'
import { NewBoard } from './NewBoard'
import { kept, sorted } from './order'
import { useListing } from './useListing'

/** Rows that hold a live board each; one stream carries them all. Further ones show what REST told. */
const LIVE_ROWS = 30

type Mine = Membership & { archived_at?: string | null }

export default function BoardList() {
  const memberships = useMemberships() as readonly Mine[] | undefined
  const connection = useConnection()
  const [, go] = useLocation()
  const creating = new URLSearchParams(useSearch()).has('new')
  const [showArchived, setShowArchived] = useState(false)
  const open = memberships?.filter((each) => !each.archived_at)
  const archived = (memberships?.length ?? 0) - (open?.length ?? 0)
  const many = (open?.length ?? 0) > LIVE_ROWS
  const listing = useListing(many)
  const order = useOrder(open, listing)
  const rows = new Map(open?.map((each) => [each.board_id, each]))

  useEffect(() => {
    document.title = 'Boards · Livelane'
  }, [])

  return (
    <div className="wrap">
      <div className="pagehead">
        <div>
          <h1>Boards</h1>
          <p className="t2">
            {connection.word !== 'live'
              ? 'This list is not live now.'
              : many
                ? `The first ${LIVE_ROWS} are live, the others read again every half minute.`
                : 'This list is live too.'}
          </p>
        </div>
        <span className="grow" />
        <Button look="primary" onClick={() => go('/?new')}>
          <Plus className="i s" />
          New board
        </Button>
      </div>
      {open === undefined || order === undefined ? (
        <Waiting />
      ) : open.length === 0 ? (
        <div className="empty">
          <b>You are on no board.</b>
          Make one, or ask somebody to invite you to theirs.
        </div>
      ) : (
        <ul className="rows" onKeyDown={step}>
          {order.map((id, index) => (
            <BoardRow
              key={id}
              membership={rows.get(id)!}
              live={index < LIVE_ROWS}
              listed={listing?.get(id)}
            />
          ))}
        </ul>
      )}
      {archived > 0 && (
        <p className="foot archived-foot">
          {count(archived, 'archived board')}.{' '}
          <button
            type="button"
            className="re"
            aria-expanded={showArchived}
            onClick={() => setShowArchived(!showArchived)}
          >
            {showArchived ? 'Hide' : 'Show'}
          </button>
        </p>
      )}
      {showArchived && <Archived />}
      {creating && <NewBoard onClose={() => go('/', { replace: true })} />}
    </div>
  )
}

/** Decided once, when it is known what changed when; from then on rows stand still. Undefined until then. */
function useOrder(
  open: readonly Mine[] | undefined,
  listing: ReturnType<typeof useListing>,
): readonly Id[] | undefined {
  const person = usePerson()
  const order = useRef<readonly Id[]>(undefined)
  if (!open || !listing) return undefined
  if (!order.current) {
    const visits = new Visits(person.id, baseUrl())
    order.current = sorted(
      open.map(({ board_id: id }) => ({
        id,
        visited: visits.read(id)?.at,
        changed: listing.get(id)?.changed_at,
      })),
    )
  }
  order.current = kept(
    order.current,
    open.map(({ board_id }) => board_id),
  )
  return order.current
}

/** Up and down go from row to row, as on a board. */
function step(event: KeyboardEvent<HTMLUListElement>): void {
  const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
  if (!by || event.ctrlKey || event.metaKey || event.altKey) return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a.brow')]
  const next = links[links.indexOf(document.activeElement as HTMLElement) + by]
  if (!next) return
  event.preventDefault()
  next.focus()
}

const PATIENCE_MS = 4_000

function Waiting() {
  const [long, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <p className="t2" role="status">
      {long && 'Your boards are not here yet. They come when the server answers. '}
      {long && (
        <Link href="/settings" className="link">
          Settings
        </Link>
      )}
    </p>
  )
}
