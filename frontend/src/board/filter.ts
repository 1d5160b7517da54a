/** Which tickets are shown. Text now; assignee, label, priority and due join here: AND between kinds, OR within one. */

import { useMemo, useSyncExternalStore } from 'react'
import { useBoard, useTickets } from '../live/board'
import type { BoardStore, Id, Ticket } from '../sync'
import { useUi } from './ui'

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

/** Every word of the filter is in the title; "#12" or "12" also names a ticket. */
export function matches(ticket: Pick<Ticket, 'id' | 'title'>, filter: string): boolean {
  const text = fold(filter.trim())
  if (!text) return true
  if (text.replace(/^#/, '') === String(ticket.id)) return true
  const title = fold(ticket.title)
  return text.split(/\s+/).every((word) => title.includes(word))
}

export function shownTickets(store: BoardStore, column: Id, filter: string): readonly Id[] {
  const all = store.tickets(column)
  if (!filter.trim()) return all
  return all.filter((id) => {
    const ticket = store.ticket(id)
    return ticket !== undefined && matches(ticket, filter)
  })
}

/** Counts up with every change of the board, while `on`: a filter looks at tickets it does not show. */
export function useBoardChanges(on: boolean): number {
  const store = useBoard()
  const counter = useMemo(() => ({ store, count: 0 }), [store])
  return useSyncExternalStore(
    useMemo(
      () => (listener: () => void) => {
        if (!on) return () => {}
        const changed = () => {
          counter.count++
          listener()
        }
        const stops = [
          store.onApplied(changed),
          store.subscribe('pending', changed),
          store.subscribe('columns', changed),
        ]
        return () => {
          for (const stop of stops) stop()
        }
      },
      [store, on, counter],
    ),
    () => counter.count,
  )
}

/** All of a column's tickets and those of them that are shown. */
export function useShown(column: Id): { all: readonly Id[]; shown: readonly Id[] } {
  const store = useBoard()
  const all = useTickets(column)
  const filter = useUi((state) => state.filter)
  const change = useBoardChanges(filter !== '')
  return useMemo(() => {
    void change
    void all
    return { all, shown: shownTickets(store, column, filter) }
  }, [store, column, filter, all, change])
}
