/** A ticket at an address of its own: finds its board, then is the same as the panel. */

import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { expect, Refused, request } from '../api/request'
import { BoardProvider } from '../live/board'
import { useNow } from '../live/clock'
import type { Id } from '../sync'
import { pressTicketKey } from './keys'
import { Ticket } from './Ticket'

type Finding =
  | { is: 'looking' }
  | { is: 'found'; board: Id }
  | { is: 'none' }
  | { is: 'failed'; status: number; nextTryAt: number }

const RETRY_MS = 4_000

/** `shell` puts the page into the app's frame; inside a board it gets what the bar shows. */
export default function TicketPage({
  id,
  onClose,
  onMove,
  shell,
}: {
  id: Id
  /** To the board the ticket is on, when it is known. */
  onClose: (board: Id | undefined) => void
  onMove: () => void
  shell: (content: ReactNode, board: Id | undefined) => ReactNode
}) {
  const finding = useBoardOf(id)
  if (finding.is === 'found')
    return (
      <BoardProvider id={finding.board}>
        {shell(<Whole id={id} onClose={() => onClose(finding.board)} onMove={onMove} />, finding.board)}
      </BoardProvider>
    )
  return shell(<Sentence finding={finding} id={id} />, undefined)
}

/** No panel has the keyboard here: the whole page is the ticket. */
function Whole({ id, onClose, onMove }: { id: Id; onClose: () => void; onMove: () => void }) {
  const page = useRef<HTMLElement>(null)
  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      const { target } = event
      if (event.defaultPrevented || document.querySelector('dialog[open]')) return
      if (target instanceof Element && target.closest('[popover], .top')) return
      pressTicketKey(event, page.current, onMove)
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [onMove])
  return (
    <article ref={page} className="ticket-page" aria-label={`Ticket ${id}`}>
      <Ticket id={id} onClose={onClose} onMove={onMove} />
    </article>
  )
}

function Sentence({ finding, id }: { finding: Exclude<Finding, { is: 'found' }>; id: Id }) {
  const now = useNow(1_000, finding.is === 'failed')
  if (finding.is === 'looking') return <p className="sentence t2" aria-busy="true" />
  if (finding.is === 'none')
    return (
      <div className="sentence">
        <h1>There is no ticket {id}, or you are not a member of its board.</h1>
        <Link href="/" className="link">
          To your boards
        </Link>
      </div>
    )
  const wait = Math.max(0, Math.ceil((finding.nextTryAt - now) / 1000))
  return (
    <div className="sentence">
      <h1>
        This ticket did not load:{' '}
        {finding.status ? `the server answered ${finding.status}.` : 'no answer from the server.'}
      </h1>
      <p aria-hidden="true">{wait > 0 ? `Next try in ${wait} s.` : 'Trying.'}</p>
    </div>
  )
}

function useBoardOf(id: Id): Finding {
  const [finding, setFinding] = useState<Finding>({ is: 'looking' })
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    expect(request({ method: 'GET', path: `api/tickets/${id}` })).then(
      ({ body }) => !over && setFinding({ is: 'found', board: body.board_id }),
      (error: unknown) => {
        if (over) return
        const status = error instanceof Refused ? error.refusal.status : 0
        if (status === 404 || status === 403) return setFinding({ is: 'none' })
        setFinding({ is: 'failed', status, nextTryAt: Date.now() + RETRY_MS })
        timer = setTimeout(() => setAttempt((n) => n + 1), RETRY_MS)
      },
    )
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [id, attempt])
  return finding
}
