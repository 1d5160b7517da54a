/** Operations as REST requests. */

import type { PendingOp } from './operation'
import { afterOf } from './place'

export interface WriteRequest {
  method: 'POST' | 'PATCH' | 'DELETE'
  path: string
  body?: Record<string, unknown>
  ifMatch?: number
}

/** The request an operation becomes. All its ids are the server's by now. */
export function requestOf(op: PendingOp, ifMatch: number | null): WriteRequest {
  const { command, id, board } = op
  const match = ifMatch === null ? {} : { ifMatch }
  const after = op.place ? afterOf(op.place) : undefined
  const placed = after === undefined ? {} : { after }
  switch (command.do) {
    case 'ticket.create': {
      const { title, description } = command
      const body = { uid: op.uid, title, ...(description ? { description } : {}), ...placed }
      return { method: 'POST', path: `api/columns/${op.place!.parent}/tickets`, body }
    }
    case 'column.create': {
      const body = { uid: op.uid, title: command.title, ...placed }
      return { method: 'POST', path: `api/boards/${board}/columns`, body }
    }
    case 'ticket.edit':
    case 'column.edit':
    case 'board.edit': {
      const { has_description: _, ...body } = op.set
      return { method: 'PATCH', path: pathOf(op), body, ...match }
    }
    case 'ticket.move':
      return {
        method: 'POST',
        path: `api/tickets/${id}/move`,
        body: { column_id: op.place!.parent, ...placed },
        ...match,
      }
    case 'column.move':
      return { method: 'POST', path: `api/columns/${id}/move`, body: placed, ...match }
    case 'ticket.archive':
    case 'column.archive':
    case 'board.archive':
    case 'member.remove':
      return { method: 'DELETE', path: pathOf(op) }
    case 'ticket.restore':
    case 'column.restore':
    case 'board.restore':
      return { method: 'PATCH', path: pathOf(op), body: { archived: false } }
    case 'member.add': {
      const { email, role } = command
      return { method: 'POST', path: `api/boards/${board}/members`, body: { email, role } }
    }
    case 'member.edit':
      return { method: 'PATCH', path: pathOf(op), body: { role: command.role } }
  }
}

function pathOf(op: PendingOp): string {
  if (op.noun === 'member') return `api/boards/${op.board}/members/${op.id}`
  return `api/${op.noun}s/${op.id}`
}
