/** Every address of the app and what stands there. Features meet here and nowhere else. */

import { type ReactNode, Suspense, useCallback, useEffect, useState } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { useCodeWaits } from '../account/code'
import { cutsOf } from '../connection/cuts'
import { useDoor, useMemberships } from '../live/session'
import { later } from '../ui/later'
import { type Beside, type BoardParts, BoardScreen } from './BoardScreen'
import { Nowhere } from './Nowhere'
import { Shell } from './Shell'
import { Boundary, Opening, Unanswered } from './Waiting'

const Entrance = later(() => import('../account/Entrance'))
const Settings = later(() => import('../account/Settings'))
const BoardList = later(() => import('../boards/BoardList'))
const boardParts: BoardParts = {
  TicketPanel: later(() => import('../ticket/TicketPanel')),
  ArchivePage: later(() => import('../board/ArchivePage')),
  MembersPanel: later(() => import('../members/MembersPanel')),
  TimeMachine: later(() => import('../past/TimeMachine')),
  WhileAway: later(
    () => import('../past/WhileAway'),
    () => null,
  ),
  ConnectionPanel: later(() => import('../connection/ConnectionPanel')),
}
const PlainConnectionPanel = later(() => import('../connection/PlainConnectionPanel'))
const TicketPage = later(() => import('../ticket/TicketPage'))
const MoveAlone = later(() => import('../board/MoveAlone'))

export function Routes() {
  const { state } = useDoor()
  const codeWaits = useCodeWaits()
  useEffect(() => {
    if (state.is === 'in') cutsOf(state.session) // counts from the start, also while nobody looks
  }, [state])
  if (state.is === 'opening') return <Opening />
  if (state.is === 'unanswered') return <Unanswered refusal={state.refusal} nextTryAt={state.nextTryAt} />
  if (state.is === 'out' || codeWaits)
    return (
      <Page>
        <Entrance />
      </Page>
    )
  return (
    <Page>
      <Switch>
        <Route path="/">
          <Shell panel={PlainConnectionPanel}>
            <BoardList />
          </Shell>
        </Route>
        <Route path="/boards/:id/:part?/:ticket?">
          {(params: Record<string, string | undefined>) => {
            const { id, part, ticket } = params
            const beside = besideOf(part, ticket)
            return beside ? <BoardScreen id={Number(id)} beside={beside} parts={boardParts} /> : <Nowhere />
          }}
        </Route>
        <Route path="/settings">
          <Shell title={<strong>Settings</strong>} panel={PlainConnectionPanel}>
            <Settings />
          </Shell>
        </Route>
        <Route path="/tickets/:id">{({ id }) => <TicketAlone id={Number(id)} />}</Route>
        <Route>
          <Nowhere />
        </Route>
      </Switch>
    </Page>
  )
}

function Page({ children }: { children: ReactNode }) {
  return (
    <Boundary>
      <Suspense fallback={<Opening />}>{children}</Suspense>
    </Boundary>
  )
}

/** A ticket by its number alone: the board it is on is looked up. */
function TicketAlone({ id }: { id: number }) {
  const [, go] = useLocation()
  const [moving, setMoving] = useState(false)
  const move = useCallback(() => setMoving(true), [])
  if (!Number.isSafeInteger(id) || id < 1) return <Nowhere />
  return (
    <TicketPage
      id={id}
      onClose={(board) => go(board === undefined ? '/' : `/boards/${board}`)}
      onMove={move}
      shell={(content, board) => (
        <Shell title={<TicketCrumb id={id} board={board} />} panel={PlainConnectionPanel}>
          {content}
          {board !== undefined && (
            <Suspense fallback={null}>
              <MoveAlone id={id} open={moving} onClose={() => setMoving(false)} />
            </Suspense>
          )}
        </Shell>
      )}
    />
  )
}

/** Which board it is on, with the way there, and its number. */
function TicketCrumb({ id, board }: { id: number; board: number | undefined }) {
  const title = useMemberships()?.find((each) => each.board_id === board)?.title
  return (
    <>
      {title && (
        <>
          <Link href={`/boards/${board}`} className="shrinks">
            {title}
          </Link>
          <span className="sep" aria-hidden="true">
            /
          </span>
        </>
      )}
      <strong>{title ? id : `Ticket ${id}`}</strong>
    </>
  )
}

/** What the address opens beside a board's lanes, or in their place; undefined for no such thing. */
function besideOf(part: string | undefined, ticket: string | undefined): Beside | undefined {
  if (part === undefined) return { is: 'nothing' }
  if (part === 'tickets')
    return ticket && /^\d+$/.test(ticket) ? { is: 'ticket', id: Number(ticket) } : undefined
  if (ticket !== undefined) return undefined
  return part === 'members' || part === 'archive' || part === 'past' ? { is: part } : undefined
}
