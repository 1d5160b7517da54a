import { ArrowLeft, Search } from 'lucide-react'
import { type ComponentType, type ReactNode, Suspense, useRef, useState } from 'react'
import { Link } from 'wouter'
import { useTimes } from '../history/useTimes'
import { connectionWords } from '../live/connection'
import type { Connection } from '../sync'
import { Keys } from '../ui/Button'
import { Mark } from '../ui/Dot'
import { Popover } from '../ui/Popover'
import { ConnectionDot } from './ConnectionDot'
import { useFavicon } from './favicon'
import { MeMenu } from './MeMenu'

/** What stands behind the dot. */
export type ConnectionPanel = ComponentType<{ onClose: () => void }>

/** Always in sight: where I am, who is here, whether it is live. Nothing covers it. */
export function TopBar({
  title,
  people,
  mark,
  state,
  onFind,
  onShortcuts,
}: {
  /** Undefined on the board list itself. */
  title: ReactNode
  people?: ReactNode
  /** The mark and the dot with its words; they change with every event, the rest of the bar does not. */
  mark: ReactNode
  state: ReactNode
  onFind?: (() => void) | undefined
  onShortcuts?: (() => void) | undefined
}) {
  return (
    <header className="top">
      {title && (
        <Link href="/" className="iconbtn only-phone" aria-label="Boards">
          <ArrowLeft className="i" />
        </Link>
      )}
      <Link href="/" className={title ? 'home not-phone' : 'home'} aria-label="Livelane, all boards">
        {mark}
      </Link>
      <div className="crumb">
        {title ? (
          <Link href="/" className="not-phone">
            Boards
          </Link>
        ) : (
          <strong className="not-phone">Boards</strong>
        )}
        {title && (
          <>
            <span className="sep not-phone" aria-hidden="true">
              /
            </span>
            {title}
          </>
        )}
      </div>
      <span className="grow" />
      {people}
      {people && <span className="vr not-phone" />}
      {state}
      {onFind && (
        <button type="button" className="find not-phone" onClick={onFind} aria-keyshortcuts="Control+K">
          <Search className="i" />
          Find or do
          <span className="caps" aria-hidden="true">
            <Keys keys="Mod+K" />
          </span>
        </button>
      )}
      {/* The bell's place: notifications come with their own nouns. */}
      <MeMenu onShortcuts={onShortcuts} />
    </header>
  )
}

/** Three lanes with a dot, here and in the tab: both wear the connection's state. */
export function StateMark({ connection, past = null }: { connection: Connection; past?: number | null }) {
  const times = useTimes()
  const state = past === null ? connectionWords(connection, null, times).dot : 'past'
  useFavicon(state)
  return <Mark state={state} />
}

/** The dot with its words; what stands behind it opens below. */
export function ConnectionButton({
  connection,
  seq,
  past = null,
  panel: Panel,
}: {
  connection: Connection
  seq: number | null
  /** In the time machine: the event number that is shown. */
  past?: number | null
  panel: ConnectionPanel | undefined
}) {
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  if (past !== null)
    return (
      <span className="conn">
        <ConnectionDot connection={connection} seq={seq} past={past} />
      </span>
    )
  if (!Panel)
    return (
      <span className="conn">
        <ConnectionDot connection={connection} seq={seq} />
      </span>
    )
  return (
    <>
      <button
        ref={button}
        type="button"
        className="conn"
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen((was) => !was)}
      >
        <ConnectionDot connection={connection} seq={seq} />
      </button>
      {open && (
        <Popover anchor={button} side="end" label="Connection" onClose={() => setOpen(false)}>
          <Suspense fallback={null}>
            <Panel onClose={() => setOpen(false)} />
          </Suspense>
        </Popover>
      )}
    </>
  )
}
