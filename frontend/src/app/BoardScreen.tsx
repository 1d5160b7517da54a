import { ChevronDown } from 'lucide-react'
import { type ComponentType, type ReactNode, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { type BoardControl, BoardPage } from '../board/BoardPage'
import {
  BoardProvider,
  useBoard,
  useBoardConnection,
  useBoardRow,
  useBoardStatus,
  useBoardValue,
  usePending,
} from '../live/board'
import { useNow } from '../live/clock'
import { useMemberships } from '../live/session'
import { useShownSeq } from '../past/shown'
import { texts } from '../texts/shared'
import { Button } from '../ui/Button'
import { copy } from '../ui/clipboard'
import { useFetchLater } from '../ui/later'
import { MenuButton } from '../ui/Menu'
import { toast } from '../ui/toasts'
import { ConnectionBanner } from './ConnectionBanner'
import { Nowhere } from './Nowhere'
import { OldChanges } from './OldChanges'
import { Shell } from './Shell'
import { ConnectionButton, type ConnectionPanel, StateMark, TopBar } from './TopBar'
import { useFind } from './useFind'
import { Opening } from './Waiting'

/** What is open beside or instead of the lanes. */
export type Beside =
  | { is: 'nothing' }
  | { is: 'ticket'; id: number }
  | { is: 'members' }
  | { is: 'archive' }
  | { is: 'past' }

/** The other features' parts of a board's screen; `routes.tsx` names them. */
export interface BoardParts {
  TicketPanel: ComponentType<{
    id: number
    onClose: () => void
    onMove: () => void
    onArchive: () => void
  }>
  MembersPanel?: ComponentType<{ onClose: () => void }>
  ArchivePage: ComponentType
  TimeMachine?: ComponentType<{ onClose: () => void }>
  WhileAway?: ComponentType
  ConnectionPanel?: ConnectionPanel
}

/** A board's whole screen: top bar, banners, the lanes or what stands in their place, and what is open beside them. */
export function BoardScreen({ id, beside, parts }: { id: number; beside: Beside; parts: BoardParts }) {
  if (!Number.isSafeInteger(id) || id < 1) return <Nowhere text={texts.notThere(id)} />
  return (
    <BoardProvider id={id} key={id}>
      <OneBoard beside={beside} parts={parts} />
    </BoardProvider>
  )
}

function OneBoard({ beside, parts }: { beside: Beside; parts: BoardParts }) {
  const store = useBoard()
  const status = useBoardStatus()
  const board = useBoardRow()
  const [, go] = useLocation()
  const control = useRef<BoardControl>(undefined)
  const onControl = useCallback((given: BoardControl) => {
    control.current = given
  }, [])
  const back = useCallback(() => go(`/boards/${store.id}`), [go, store.id])
  const [renaming, setRenaming] = useState(false)
  const rename = useCallback(() => setRenaming(true), [])
  const past = beside.is === 'past' && parts.TimeMachine !== undefined
  const lanes = !past && beside.is !== 'archive'
  const { show, found } = useFind(!lanes)
  useFetchLater(useBoardConnection().word === 'live' && status === 'ready')

  useEffect(() => {
    document.title = board ? `${board.title} · Livelane` : 'Livelane'
    return () => {
      document.title = 'Livelane'
    }
  }, [board])

  const seen = useRef(false)
  if (status === 'ready') seen.current = true
  if (status === 'gone' || status === 'forbidden')
    return <NoBoard forbidden={status === 'forbidden'} seen={seen.current} />

  return (
    <div className="app" data-screen={past ? 'time' : undefined}>
      <button type="button" className="skip btn" onClick={toContent}>
        To the board
      </button>
      <TopBar
        title={<BoardTitle renaming={renaming} onRename={setRenaming} />}
        mark={<BoardMark past={past} />}
        state={<BoardState past={past} panel={parts.ConnectionPanel} />}
        onFind={lanes ? () => control.current?.find() : show}
        onShortcuts={lanes ? () => control.current?.shortcuts() : undefined}
      />
      <BoardBanners />
      {found}
      {status === 'loading' ? (
        <LoadingBoard />
      ) : past && parts.TimeMachine ? (
        <Part>
          <parts.TimeMachine onClose={back} />
        </Part>
      ) : beside.is === 'archive' ? (
        <Part>
          <parts.ArchivePage />
        </Part>
      ) : (
        <div className="boardpart">
          <BoardPage
            panelOpen={beside.is === 'ticket' || beside.is === 'members'}
            openTicket={beside.is === 'ticket' ? beside.id : null}
            notice={
              parts.WhileAway && (
                <Suspense fallback={null}>
                  <parts.WhileAway />
                </Suspense>
              )
            }
            onRename={rename}
            onControl={onControl}
          />
          <Suspense fallback={null}>
            {beside.is === 'ticket' && (
              <parts.TicketPanel
                id={beside.id}
                key={beside.id}
                onClose={back}
                onMove={() => control.current?.move(beside.id)}
                onArchive={() => {
                  control.current?.archive(beside.id)
                  back()
                }}
              />
            )}
            {beside.is === 'members' && parts.MembersPanel && <parts.MembersPanel onClose={back} />}
          </Suspense>
        </div>
      )}
    </div>
  )
}

function BoardMark({ past }: { past: boolean }) {
  return <StateMark connection={useBoardConnection()} past={past ? 0 : null} />
}

/** Renders with every event; nothing else in the bar does. */
function BoardState({ past, panel }: { past: boolean; panel: ConnectionPanel | undefined }) {
  const seq = useSeq()
  const shown = useShownSeq()
  return (
    <ConnectionButton connection={useBoardConnection()} seq={seq} past={past ? shown : null} panel={panel} />
  )
}

function BoardBanners() {
  const store = useBoard()
  const pending = usePending()
  return (
    <div>
      <ConnectionBanner
        connection={useBoardConnection()}
        unsaved={pending.length}
        onTryNow={() => store.retry()}
      />
      <OldChanges />
    </div>
  )
}

/** A button, no fragment link: the page's <base> would take that elsewhere. */
function toContent(): void {
  document.querySelector<HTMLElement>('#content a[tabindex="0"], #content button')?.focus()
}

function Part({ children }: { children: ReactNode }) {
  return <Suspense fallback={<Opening />}>{children}</Suspense>
}

/** The last event number, as the dot shows it. */
function useSeq(): number {
  const store = useBoard()
  const [seq, setSeq] = useState(() => store.seq())
  useEffect(() => {
    const look = () => setSeq(store.seq())
    look()
    const stops = [
      store.onApplied(look),
      store.subscribe('status', look),
      store.subscribe('connection', look),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [store])
  return seq
}

function BoardTitle({ renaming, onRename }: { renaming: boolean; onRename: (renaming: boolean) => void }) {
  const store = useBoard()
  const board = useBoardRow()
  const memberships = useMemberships()
  const [, go] = useLocation()
  const mayEdit = useBoardValue('members', (each) => each.role() === 'owner' || each.role() === 'editor')
  if (!board) return null
  if (renaming) return <RenameBoard onDone={() => onRename(false)} />
  const others = (memberships ?? []).filter((each) => each.board_id !== store.id)
  return (
    <MenuButton
      label="Boards"
      button={(props) => (
        <button type="button" {...props} title="Rename, or go to another board">
          <h1>{board.title}</h1>
          <ChevronDown className="i s" aria-hidden="true" />
        </button>
      )}
      items={[
        mayEdit && { text: 'Rename board', onChoose: () => onRename(true) },
        { text: 'All boards', keys: 'B', onChoose: () => go('/') },
        others.length > 0 && 'rule',
        ...others.slice(0, 12).map((each) => ({
          text: each.title,
          onChoose: () => go(`/boards/${each.board_id}`),
        })),
      ]}
    />
  )
}

function RenameBoard({ onDone }: { onDone: () => void }) {
  const store = useBoard()
  const board = useBoardRow()
  const [title, setTitle] = useState(board?.title ?? '')
  const seen = useRef(board?.version)
  const over = useRef(false)
  function end(save: boolean): void {
    if (over.current) return
    over.current = true
    const name = title.trim()
    if (save && name && name !== board?.title)
      store.run({
        do: 'board.edit',
        title: name,
        ...(seen.current === undefined ? {} : { seen: seen.current }),
      })
    onDone()
  }
  return (
    <input
      className="input"
      // biome-ignore lint/a11y/noAutofocus: the person just asked to write here
      autoFocus
      aria-label="Name of the board. Enter saves, Escape reverts."
      maxLength={200}
      value={title}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setTitle(event.target.value)}
      onBlur={() => document.hasFocus() && end(true)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return
        if (event.key === 'Enter') end(true)
        if (event.key === 'Escape') {
          event.stopPropagation()
          end(false)
        }
      }}
    />
  )
}

const SLOW_MS = 600

/** The snapshot is on its way; after a moment a sentence says how it stands. */
function LoadingBoard() {
  const store = useBoard()
  const connection = useBoardConnection()
  const [slow, setSlow] = useState(false)
  const now = useNow(1_000)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!slow) return <main className="page" id="content" aria-busy="true" />
  const away =
    connection.word !== 'live' && connection.word !== 'catching' && connection.word !== 'connecting'
  const wait = connection.nextTryAt === null ? 0 : Math.ceil((connection.nextTryAt - now) / 1000)
  return (
    <main className="sentence" id="content" aria-busy="true">
      <p role="status">
        {away ? 'This board did not load: no answer from the server.' : 'Loading the board'}
      </p>
      {away && (
        <>
          <p aria-hidden="true">{wait > 0 ? texts.nextTry(wait) : 'Trying'}</p>
          <Button look="primary" onClick={() => store.retry()}>
            Try now
          </Button>
        </>
      )}
    </main>
  )
}

/** Not there, or not mine any more; what had not been sent can be copied. */
function NoBoard({ forbidden, seen }: { forbidden: boolean; seen: boolean }) {
  const store = useBoard()
  const pending = usePending()
  const lost = pending.flatMap(({ op, command }) => {
    const title = 'title' in command ? command.title : undefined
    const text = [title, 'description' in command ? command.description : undefined]
      .filter(Boolean)
      .join('\n\n')
    return text ? [{ op, text }] : []
  })
  const none = seen ? texts.gone(store.id) : texts.notThere(store.id)
  if (!lost.length) return <Nowhere text={forbidden && seen ? texts.noMember : none} />
  return (
    <Shell>
      <div className="sentence">
        <h1>{forbidden ? texts.accessGone : none}</h1>
        {lost.map(({ op, text }) => (
          <textarea key={op} className="input" readOnly rows={3} value={text} aria-label="Not sent" />
        ))}
        <Button
          onClick={() =>
            void copy(lost.map((each) => each.text).join('\n\n')).then((copied) =>
              toast({
                text: copied
                  ? 'Copied your text.'
                  : 'This browser did not let it be copied. Select it above.',
              }),
            )
          }
        >
          Copy my text
        </Button>
      </div>
    </Shell>
  )
}
