import { Columns3, History, ListFilter, Plus, Search } from 'lucide-react'
import type { RefObject } from 'react'
import { flushSync } from 'react-dom'
import { useLocation } from 'wouter'
import { useBoard, useColumn, useColumns } from '../live/board'
import type { Id } from '../sync'
import { LaneTab, useCurrentLane } from '../ui/LaneTabs'
import { MenuButton } from '../ui/Menu'
import type { PageHands } from './bindings'
import { useBoardMenu } from './boardMenu'
import { useShown } from './filter'
import { useHands } from './hands'

/** Column names as tabs: one lane fills the screen, the next one peeks in. */
export function PhoneTabs({ board }: { board: RefObject<HTMLElement | null> }) {
  const columns = useColumns()
  const current = useCurrentLane(board)
  return (
    <nav className="tabs" aria-label="Columns">
      {columns.map((id, index) => (
        <PhoneTab key={id} id={id} current={index === current} board={board} />
      ))}
    </nav>
  )
}

function PhoneTab({
  id,
  current,
  board,
}: {
  id: Id
  current: boolean
  board: RefObject<HTMLElement | null>
}) {
  const column = useColumn(id)
  const { all } = useShown(id)
  if (!column) return null
  return (
    <LaneTab
      id={id}
      title={column.title}
      count={all.length}
      limit={column.wip_limit}
      current={current}
      board={board}
    />
  )
}

/** Under the thumb. */
export function PhoneTabBar({
  page,
  onAddColumn,
  onRename,
}: {
  page: PageHands
  onAddColumn: () => void
  onRename: () => void
}) {
  const store = useBoard()
  const hands = useHands()
  const columns = useColumns()
  const [, go] = useLocation()
  const menu = useBoardMenu(go, onAddColumn, onRename)
  return (
    <nav className="tabbar" aria-label="Board">
      <MenuButton
        label="Board"
        items={menu}
        button={(props) => (
          <button type="button" {...props}>
            <Columns3 className="i" aria-hidden="true" />
            Board
          </button>
        )}
      />
      <button
        type="button"
        onClick={() => {
          flushSync(() => hands.ui.setState(({ filterOpen }) => ({ filterOpen: !filterOpen })))
          if (hands.ui.getState().filterOpen) page.focusFilter()
        }}
      >
        <ListFilter className="i" aria-hidden="true" />
        Filter
      </button>
      <button
        type="button"
        className="new"
        aria-label="New ticket"
        onClick={() => (columns.length ? hands.compose(laneInSight()) : onAddColumn())}
      >
        <Plus className="i" aria-hidden="true" />
      </button>
      <button type="button" onClick={() => hands.ui.setState({ dialog: { is: 'palette' } })}>
        <Search className="i" aria-hidden="true" />
        Find
      </button>
      <button type="button" onClick={() => go(`/boards/${store.id}/past`)}>
        <History className="i" aria-hidden="true" />
        History
      </button>
    </nav>
  )
}

function laneInSight(): Id | undefined {
  const lanes = document.querySelectorAll<HTMLElement>('.col[data-column]')
  for (const lane of lanes) {
    const { left, right } = lane.getBoundingClientRect()
    if (left >= -20 && right <= innerWidth + 20) return Number(lane.dataset.column)
  }
  return undefined
}
