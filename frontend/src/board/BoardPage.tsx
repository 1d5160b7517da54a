import '../ui/lanes.css'
import './board.css'
import { type ReactNode, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useLocation } from 'wouter'
import { useBoard, useBoardRow, useBoardStatus, useColumns, useMayEdit } from '../live/board'
import { usePerson } from '../live/session'
import type { BoardStore, Id } from '../sync'
import { board as texts } from '../texts/board'
import { Button } from '../ui/Button'
import { later } from '../ui/later'
import { usePhone } from '../ui/media'
import { AddLane } from './AddLane'
import { BulkBar } from './BulkBar'
import type { PageHands } from './bindings'
import { collapsedColumns, rememberCollapsedFor } from './collapse'
import { useDragging } from './drag'
import { FilterBar } from './FilterBar'
import { shownTickets } from './filter'
import { watchFlashes } from './flashes'
import { HandsProvider, useHands, useMakeHands } from './hands'
import { useKeyboard } from './keyboard'
import { Lane } from './Lane'
import { watchNotices } from './notices'
import { PhoneTabBar, PhoneTabs } from './Phone'
import { watchSpoken } from './spoken'
import { type BoardUi, createUi, renameIn, UiProvider, useUi } from './ui'

const MoveDialog = later(() => import('./MoveDialog'))
const Palette = later(() => import('./Palette'))
const ShortcutSheet = later(() => import('./ShortcutSheet'))
const STRIP = '44px'
const ROOM_FOR_STRIP = 5 // with six lanes there is no room for a seventh that holds nothing

/** What the shell may ask of the board. */
export interface BoardControl {
  find(): void
  shortcuts(): void
  move(ticket: Id): void
  archive(ticket: Id): void
}

interface BoardPageProps {
  /** The address of a panel is open beside the board: Escape closes it first. */
  panelOpen: boolean
  /** The ticket that is open beside the board. */
  openTicket: Id | null
  /** Between the filter bar and the lanes. */
  notice?: ReactNode
  /** The board's name is in the top bar: it is renamed there. */
  onRename: () => void
  /** Gets the ways in, for the top bar and the panel. */
  onControl: (control: BoardControl) => void
}

/** Where the keyboard was and what was half written, for when the time machine or the archive gives the place back. */
const leftBehind = new WeakMap<BoardStore, Partial<BoardUi>>()

/** The board itself, below the top bar: filter bar, lanes, and everything hands can do with them. */
export function BoardPage(props: BoardPageProps) {
  const store = useBoard()
  const person = usePerson()
  const [ui] = useState(() =>
    createUi({
      filter: new URLSearchParams(location.search).get('q') ?? '',
      collapsed: collapsedColumns(person.id, store.id),
      ...leftBehind.get(store),
    }),
  )
  const [path, go] = useLocation()
  const inside = useRef(false)
  const hands = useMakeHands(ui, inside, go)
  useEffect(() => rememberCollapsedFor(person.id, store.id), [person.id, store.id])
  useEffect(
    () => () => {
      const { focus, composing, written } = ui.getState()
      const focusAsked = focus && composing === null ? 1 : 0
      leftBehind.set(store, { focus, focusAsked, composing, written })
    },
    [store, ui],
  )
  return (
    <UiProvider value={ui}>
      <HandsProvider value={hands}>
        <BoardBody {...props} path={path} go={go} />
      </HandsProvider>
    </UiProvider>
  )
}

function BoardBody({
  panelOpen,
  openTicket,
  notice,
  onRename,
  onControl,
  path,
  go,
}: BoardPageProps & { path: string; go: (path: string) => void }) {
  const hands = useHands()
  const { store, ui, inside } = hands
  const columns = useColumns()
  const status = useBoardStatus()
  const phone = usePhone()
  const mayEdit = useMayEdit()
  const board_ = useBoardRow()
  const board = useRef<HTMLElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const filter = useUi((state) => state.filter)
  const dialog = useUi((state) => state.dialog)
  const collapsed = useUi((state) => state.collapsed)
  const [adding, setAdding] = useState(false)

  const page = useMemo<PageHands>(
    () => ({
      openPast: () => go(`/boards/${store.id}/past`),
      toBoards: () => go('/'),
      focusFilter: () => {
        field.current?.focus()
        field.current?.select()
      },
      back() {
        const { drag, selected, filter } = ui.getState()
        if (drag) return false // the browser's own: it cancels the drag
        if (panelOpen) {
          go(`/boards/${store.id}`)
          return true
        }
        if (selected.size) {
          hands.clearSelection()
          return true
        }
        if (filter) {
          ui.setState({ filter: '' })
          return true
        }
        return false
      },
    }),
    [hands, store, ui, go, panelOpen],
  )
  useKeyboard(hands, page)
  useDragging(hands, board)

  useEffect(() => {
    onControl({
      find: () => ui.setState({ dialog: { is: 'palette' } }),
      shortcuts: () => ui.setState({ dialog: { is: 'shortcuts' } }),
      move: (ticket) => hands.openMove([ticket]),
      archive: (ticket) => hands.archive([ticket]),
    })
  }, [hands, ui, onControl])

  // Before the tickets are drawn anew, so that it is still known where they were.
  useLayoutEffect(() => watchFlashes(store), [store])
  useEffect(() => watchSpoken(store), [store])
  useEffect(() => watchNotices(hands), [hands])

  // What was made here gets its number: the screen's own notes follow.
  useEffect(
    () =>
      store.subscribe('pending', () => {
        const changes = renameIn(ui.getState(), (id) =>
          id < 0 ? (store.ticket(id)?.id ?? store.column(id)?.id ?? id) : id,
        )
        if (changes) ui.setState(changes)
      }),
    [store, ui],
  )

  // The filter is part of the address, also of a panel's beside the board.
  useEffect(() => {
    void path
    const url = new URL(location.href)
    if ((url.searchParams.get('q') ?? '') === filter) return
    if (filter) url.searchParams.set('q', filter)
    else url.searchParams.delete('q')
    history.replaceState(history.state, '', url)
  }, [filter, path])

  // Back from a ticket's panel: the keyboard is where it was.
  const wasOpen = useRef(openTicket)
  useEffect(() => {
    const before = wasOpen.current
    wasOpen.current = openTicket
    if (before === null || openTicket !== null) return
    const { focus } = ui.getState()
    if (focus?.ticket != null) ui.setState((state) => ({ focusAsked: state.focusAsked + 1 }))
  }, [openTicket, ui])

  useEffect(() => ui.setState({ openTicket }), [openTicket, ui])

  // Not by React's own events: it hears none of what happens while it puts elements in and takes them out.
  useLayoutEffect(() => {
    const element = board.current
    if (!element) return
    const came = () => {
      inside.current = true
    }
    const left = ({ relatedTarget }: FocusEvent) => {
      // A ticket that is drawn anew takes the keyboard back; who left for elsewhere took it along.
      if (relatedTarget instanceof Node && !element.contains(relatedTarget)) inside.current = false
    }
    element.addEventListener('focusin', came)
    element.addEventListener('focusout', left)
    return () => {
      element.removeEventListener('focusin', came)
      element.removeEventListener('focusout', left)
    }
  }, [inside])

  // On paper everything is drawn.
  useEffect(() => {
    const before = () => flushSync(() => ui.setState({ printing: true }))
    const after = () => ui.setState({ printing: false })
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
    return () => {
      window.removeEventListener('beforeprint', before)
      window.removeEventListener('afterprint', after)
    }
  }, [ui])

  // Unsaved work is kept, but whoever leaves should know.
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      const { editing, written } = ui.getState()
      const unsent = store.pending().some((each) => each.state === 'waiting' || each.state === 'failed')
      if (unsent || written.trim() || (editing && editing.draft !== editing.was)) event.preventDefault()
    }
    window.addEventListener('beforeunload', leaving)
    return () => window.removeEventListener('beforeunload', leaving)
  }, [store, ui])

  const close = () => ui.setState({ dialog: null })
  const addLane = status === 'ready' && mayEdit && (adding || columns.length <= ROOM_FOR_STRIP)
  const widths = columns.map((id) => (collapsed.has(id) ? STRIP : 'var(--lane)'))
  if (addLane) widths.push(adding || !columns.length ? 'var(--lane)' : STRIP)
  const total = filter ? columns.reduce((sum, id) => sum + store.tickets(id).length, 0) : 0

  return (
    <>
      <div>
        <FilterBar field={field} go={go} onAddColumn={() => setAdding(true)} onRename={onRename} />
        {phone && <PhoneTabs board={board} />}
        {board_?.archived_at && <ArchivedBoard />}
        {notice}
      </div>
      <main
        ref={board}
        id="content"
        className="board"
        style={{ gridTemplateColumns: widths.join(' ') }}
        aria-busy={status === 'loading'}
        aria-label="Columns"
      >
        {columns.map((id, index) => (
          <Lane
            key={store.column(id)?.uid ?? id}
            id={id}
            index={index}
            last={index === columns.length - 1 && columns.length > 1}
          />
        ))}
        {addLane && <AddLane open={adding} onOpen={setAdding} alone={columns.length === 0} />}
        {status === 'ready' && !columns.length && !mayEdit && (
          <p className="board-notice">{texts.emptyBoard}</p>
        )}
      </main>
      {phone && <PhoneTabBar page={page} onAddColumn={() => setAdding(true)} onRename={onRename} />}
      {filter && total > 0 && <NoMatch total={total} />}
      <BulkBar />
      <Suspense fallback={null}>
        {dialog?.is === 'move' && <MoveDialog ids={dialog.ids} onClose={close} />}
        {dialog?.is === 'palette' && (
          <Palette page={page} onAddColumn={() => setAdding(true)} onRename={onRename} onClose={close} />
        )}
        {dialog?.is === 'shortcuts' && <ShortcutSheet onClose={close} />}
      </Suspense>
    </>
  )
}

/** Nothing at all matches: say how many are hidden, and the way out. */
function NoMatch({ total }: { total: number }) {
  const { store, ui } = useHands()
  const filter = useUi((state) => state.filter)
  const columns = useColumns()
  const some = columns.some((id) => shownTickets(store, id, filter).length > 0)
  if (some) return null
  return (
    <div className="bulk" role="status">
      <span>
        <b>{texts.noMatch}</b> {texts.hidden(total)}
      </span>
      <Button small look="quiet" onClick={() => ui.setState({ filter: '' })}>
        {texts.clearFilters}
      </Button>
    </div>
  )
}

/** It is looked at through a link: say so, and offer the way back. */
function ArchivedBoard() {
  const { store } = useHands()
  return (
    <div className="banner" role="status">
      <span className="said">{texts.boardIsArchived}</span>
      <span className="grow" />
      {store.role() === 'owner' && (
        <Button small onClick={() => store.run({ do: 'board.restore' })}>
          {texts.restore}
        </Button>
      )}
    </div>
  )
}
