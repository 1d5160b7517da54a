/** Brings an archived ticket back before anything else is done to it: the board may never have seen it. */

import type { BoardStore, Id, Outcome, Ticket } from '../sync'

const WAIT_MS = 5_000

export type Return = { is: 'back'; ticket: Ticket } | { is: 'not'; outcome: Outcome }

/**
 * Resolves once the ticket stands on the board again, or with what kept it away. `begun` is told at once whether the
 * board knows the ticket and shows it already: then what follows may be sent right behind.
 */
export async function comeBack(store: BoardStore, id: Id, begun?: (shown: boolean) => void): Promise<Return> {
  const { settled } = store.run({ do: 'ticket.restore', id })
  begun?.(store.ticket(id) !== undefined)
  const outcome = await settled
  if (outcome.is !== 'saved') return { is: 'not', outcome }
  return new Promise((resolve) => {
    const look = (last = false) => {
      const ticket = store.ticket(id)
      if (!ticket && !last) return
      stop()
      clearTimeout(timer)
      resolve(ticket ? { is: 'back', ticket } : { is: 'not', outcome })
    }
    const stop = store.subscribe(`ticket:${id}`, () => look())
    const timer = setTimeout(() => look(true), WAIT_MS)
    look()
  })
}
