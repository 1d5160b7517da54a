/** Dragging: what is in hand, where it would drop, and scrolling at the edges. A drop only ever calls `moveTickets`. */

import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine'
import { monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { autoScrollForElements } from '@atlaskit/pragmatic-drag-and-drop-auto-scroll/element'
import { type RefObject, useEffect } from 'react'
import type { Id } from '../sync'
import { shownTickets } from './filter'
import type { BoardHands } from './hands'
import { inOrder, moveTickets } from './moves'
import { afterAt } from './places'

export const TICKET = 'ticket'
export const LANE = 'lane'

/** What follows the pointer: the ticket as it is, lifted; a count when it is a stack. */
export function dragPreview(container: HTMLElement, element: HTMLElement, count: number): void {
  const box = document.createElement('div')
  box.className = 'drag-preview'
  const copy = element.cloneNode(true) as HTMLElement
  copy.classList.add('float')
  copy.classList.remove('is-source', 'is-sel', 'flash')
  copy.style.position = 'relative'
  copy.style.top = '0'
  copy.style.width = `${element.offsetWidth}px`
  copy.querySelector('.ptag')?.remove()
  box.append(copy)
  if (count > 1) {
    const badge = document.createElement('span')
    badge.className = 'stack-count'
    badge.textContent = String(count)
    box.append(badge)
  }
  container.append(box)
}

/** Follows every ticket drag on this page. */
export function useDragging(hands: BoardHands, board: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const { store, ui } = hands
    const ours = (data: Record<string | symbol, unknown>) =>
      data.type === TICKET && typeof data.id === 'number' && store.ticket(data.id) !== undefined
    return combine(
      monitorForElements({
        canMonitor: ({ source }) => ours(source.data),
        onDragStart({ source }) {
          const id = source.data.id as Id
          const { selected } = ui.getState()
          const ids = selected.has(id) ? inOrder(store, selected) : [id]
          const seen = new Map(ids.map((each) => [each, store.ticket(each)?.version ?? 0]))
          ui.setState({ drag: { ids, seen, over: null } })
        },
        onDrag: ({ location }) => over(location.current.dropTargets[0]?.data),
        onDropTargetChange: ({ location }) => over(location.current.dropTargets[0]?.data),
        onDrop({ location }) {
          const { drag, filter } = ui.getState()
          ui.setState({ drag: null })
          const target = location.current.dropTargets[0]?.data
          if (!drag || target?.type !== LANE) return
          const column = target.column as Id
          // Looked up again: some may have been moved, archived or deleted while they were in hand.
          const ids = drag.ids.filter((id) => store.ticket(id) !== undefined)
          const shown = shownTickets(store, column, filter)
          const after = afterAt(store.tickets(column), shown, target.index as number, new Set(ids))
          moveTickets(hands, ids, column, after, drag.seen)
        },
      }),
      ...(board.current
        ? [
            autoScrollForElements({
              element: board.current,
              canScroll: ({ source }) => source.data.type === TICKET,
              getAllowedAxis: () => 'horizontal',
            }),
          ]
        : []),
    )

    function over(target: Record<string | symbol, unknown> | undefined): void {
      const { drag } = ui.getState()
      if (!drag) return
      const next =
        target?.type === LANE ? { column: target.column as Id, index: target.index as number } : null
      if (drag.over?.column === next?.column && drag.over?.index === next?.index) return
      ui.setState({ drag: { ...drag, over: next } })
    }
  }, [hands, board])
}
