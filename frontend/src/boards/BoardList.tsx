/** My boards as rows: what happened last and by whom, the shape of the columns, how many tickets. Live like a board. */

import { Plus } from 'lucide-react'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { useConnection, useMemberships } from '../live/session'
import type { Membership } from '../sync'
import { Button } from '../ui/Button'
import { count } from '../ui/times'
import { Archived } from './Archived'
import { BoardRow } from './BoardRow'
import './boards.css'
import { NewBoard } from './NewBoard'

/** Rows that hold a live board each; one stream carries them all. Further ones show what REST told. */
const LIVE_ROWS = 30

type Listed = Membership & { archived_at?: string | null }

export default function BoardList() {
  const memberships = useMemberships() as readonly Listed[] | undefined
  const connection = useConnection()
  const [, go] = useLocation()
  const creating = new URLSearchParams(useSearch()).has('new')
  const [showArchived, setShowArchived] = useState(false)
  const open = memberships?.filter((each) => !each.archived_at)
  const archived = (memberships?.length ?? 0) - (open?.length ?? 0)

  useEffect(() => {
    document.title = 'Boards · Livelane'
  }, [])

  return (
    <div className="wrap">
      <div className="pagehead">
        <div>
          <h1>Boards</h1>
          <p className="t2">
            {connection.word === 'live' ? 'This list is live too.' : 'This list is not live now.'}
          </p>
        </div>
        <span className="grow" />
        <Button look="primary" onClick={() => go('/?new')}>
          <Plus className="i s" />
          New board
        </Button>
      </div>
      {open === undefined ? (
        <Waiting />
      ) : open.length === 0 ? (
        <div className="empty">
          <b>You are on no board.</b>
          Make one, or ask somebody to invite you to theirs.
        </div>
      ) : (
        <ul className="rows" onKeyDown={step}>
          {open.map((membership, index) => (
            <BoardRow key={membership.board_id} membership={membership} live={index < LIVE_ROWS} />
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
