/** How many columns and tickets of the board are archived; read again when somebody archives or restores. */

import { useEffect, useState } from 'react'
import { expect, request } from '../api/request'
import { useBoard, useBoardStatus } from '../live/board'

const GATHER_MS = 400 // a stack is archived in one go, and told in many events

/** Undefined while not known. */
export function useArchived(): number | undefined {
  const store = useBoard()
  const ready = useBoardStatus() === 'ready'
  const [total, setTotal] = useState<number>()
  useEffect(() => {
    if (!ready) return
    let over = false
    let due: ReturnType<typeof setTimeout> | undefined
    const read = () => {
      due = undefined
      expect(request({ method: 'GET', path: `api/boards/${store.id}/archive?limit=0` })).then(
        ({ body }) => !over && setTotal(body.total),
        () => undefined, // the board stands without it
      )
    }
    read()
    const stop = store.onApplied(({ events }) => {
      if (events.some(({ set, type }) => (set && 'archived_at' in set) || type === 'ticket.deleted'))
        due ??= setTimeout(read, GATHER_MS)
    })
    return () => {
      over = true
      clearTimeout(due)
      stop()
    }
  }, [store, ready])
  return total
}
