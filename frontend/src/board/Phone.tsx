import { Columns3, History, ListFilter, Plus, Users } from 'lucide-react'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useBoard, useColumn, useColumns } from '../live/board'
import type { Id } from '../sync'
import { figure } from '../ui/times'
import type { PageHands } from './bindings'
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
  const tab = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (current) tab.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [current])
  if (!column) return null
  const limit = column.wip_limit
  return (
    <button
      ref={tab}
      type="button"
      aria-current={current}
      onClick={() =>
        board.current
          ?.querySelector(`[data-column="${id}"]`)
          ?.scrollIntoView({ block: 'nearest', inline: 'start' })
      }
    >
      {column.title}
      <small className={limit !== null && all.length >= limit ? 'full-word' : ''}>
        {limit === null ? figure(all.length) : `${figure(all.length)} of ${figure(limit)}`}
      </small>
    </button>
  )
}

/** The index of the lane that fills the screen. */
function useCurrentLane(board: RefObject<HTMLElement | null>): number {
  const [current, setCurrent] = useState(0)
  useEffect(() => {
    const element = board.current
    if (!element) return
    const look = () => {
      const lane = element.querySelector('.col')?.clientWidth
      if (lane) setCurrent(Math.round(element.scrollLeft / lane))
    }
    element.addEventListener('scroll', look, { passive: true })
    return () => element.removeEventListener('scroll', look)
  }, [board])
  return current
}

/** Under the thumb. */
export function PhoneTabBar({ field, page }: { field: RefObject<HTMLInputElement | null>; page: PageHands }) {
  const store = useBoard()
  const hands = useHands()
  const [, go] = useLocation()
  return (
    <nav className="tabbar" aria-label="Board">
      <button type="button" onClick={() => go(`/boards/${store.id}`)}>
        <Columns3 className="i" aria-hidden="true" />
        Board
      </button>
      <button
        type="button"
        onClick={() => {
          field.current?.closest('.bar')?.classList.remove('at-rest')
          page.focusFilter()
        }}
      >
        <ListFilter className="i" aria-hidden="true" />
        Filter
      </button>
      <button
        type="button"
        className="new"
        aria-label="New ticket"
        onClick={() => hands.compose(laneInSight())}
      >
        <Plus className="i" aria-hidden="true" />
      </button>
      <button type="button" onClick={() => go(`/boards/${store.id}/members`)}>
        <Users className="i" aria-hidden="true" />
        Members
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
