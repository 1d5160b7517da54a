/** What must be done before what: order matters where two changes meet, and nowhere else. */

import type { PendingOp } from './operation'
import type { Id } from './types'

/** Ids it cannot go out without. */
export function needs(op: PendingOp): Id[] {
  const ids: Id[] = []
  if (!op.command.do.endsWith('.create')) ids.push(op.id)
  if (op.place) {
    ids.push(op.place.parent)
    if (!op.place.last && op.place.trail[0] !== undefined) ids.push(op.place.trail[0])
  }
  return ids
}

/** Must `op` wait for `earlier`? Same row, the row it goes below, or a place whose order or limit both touch. */
export function depends(op: PendingOp, earlier: PendingOp, held: boolean): boolean {
  if (op.noun === earlier.noun && op.id === earlier.id) return true
  if (held) return false
  if (op.place && earlier.place && earlier.noun === op.noun && op.place.trail[0] === earlier.id) return true
  if (op.noun !== 'ticket' || earlier.noun !== 'ticket') return false
  const places = [earlier.from, earlier.place?.parent].filter((id) => id !== undefined)
  return places.some((id) => id === op.from || id === op.place?.parent)
}
