/** On a phone one lane fills the screen: its name is a tab above it, now as in the past. */

import { type RefObject, useEffect, useRef, useState } from 'react'
import { figure } from './figures'

export function LaneTab({
  id,
  title,
  count,
  limit,
  current,
  board,
}: {
  id: number
  title: string
  count: number
  limit: number | null
  current: boolean
  /** What scrolls; its lanes carry `data-column`. */
  board: RefObject<HTMLElement | null>
}) {
  const tab = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (current) tab.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [current])
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
      <span>{title}</span>
      <small className={limit !== null && count >= limit ? 'full-word' : ''}>
        {limit === null ? figure(count) : `${figure(count)} of ${figure(limit)}`}
      </small>
    </button>
  )
}

/** The index of the lane that fills the screen. */
export function useCurrentLane(board: RefObject<HTMLElement | null>): number {
  const [current, setCurrent] = useState(0)
  useEffect(() => {
    const element = board.current
    if (!element) return
    const look = () => {
      const lane = element.querySelector('.col')?.clientWidth
      if (lane) setCurrent(Math.round(element.scrollLeft / lane))
    }
    look()
    element.addEventListener('scroll', look, { passive: true })
    return () => element.removeEventListener('scroll', look)
  }, [board])
  return current
}
