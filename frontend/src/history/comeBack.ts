/** Brings an archived ticket back before anything else is done to it: the board may never have seen it. */

import type { BoardStore, Id, Outcome, Ticket } from '../sync'

const WAIT_MS = 5_000

export type Return = { is: 'back'; ticket: Ticket } | { is: 'not'; outcome: Outcome }

/**
 * Resolves once the ticket stands on the board again, or with what kept it away. `shown` is called in the moment the board
 * shows it, before anything is drawn: what follows may be sent right behind.
 */
export function comeBack(store: BoardStore, id: Id, shown: () => void = () => {}): Promise<Return> {
  const { settled } = store.run({ do: 'ticket.restore', id })
  return new Promise((resolve) => {
    let told = false
    let outcome: Outcome | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = (last = false) => {
      const ticket = store.ticket(id)
      if (ticket && !told) {
        told = true
        shown()
      }
      if (!outcome || (outcome.is === 'saved' && !ticket && !last)) return
      stop()
      clearTimeout(timer)
      resolve(outcome.is === 'saved' && ticket ? { is: 'back', ticket } : { is: 'not', outcome })
    }
    const stop = store.subscribe(`ticket:${id}`, () => look())
    void settled.then((said) => {
      outcome = said
      timer = setTimeout(() => look(true), WAIT_MS)
      look()
    })
    look()
  })
}
