/** A change of mine on its way: what it shows at once, what it asks of the server, and how it is taken back. */

import type { After, Board, Column, Command, Conflict, Id, Member, Refusal, Ticket } from './types'

/** Where a row goes among its siblings: below the first of `trail` that is still there. */
export interface Place {
  /** The column, for tickets; 0 for columns. */
  parent: Id
  /** Siblings above, nearest first. */
  trail: Id[]
  /** The trail reaches the top: with none of it left, the place is the first; else the last. */
  complete: boolean
  /** Below all, whoever they are by then. */
  last: boolean
}

export type Noun = 'ticket' | 'column' | 'board' | 'member'

/** A plain object throughout, so that it can be kept across a reload. */
export interface PendingOp {
  op: string
  board: Id
  at: number
  command: Command
  /** It takes an earlier change back: refused rather than asked about when someone changed the same since. */
  undo: boolean
  noun: Noun
  id: Id
  /** The name a created row has from the start. */
  uid?: string
  /** Columns as they will be. For a created row, all of them. */
  set: Record<string, unknown>
  place?: Place
  /** Where the row came from, for the order of sending. */
  from?: Id
  /** The version the person was looking at; null: whatever `chain` left. */
  seen: number | null
  /** An earlier change of mine to the same field: its version counts as seen. */
  chain?: string
  state: 'queued' | 'sending' | 'acked' | 'failed' | 'conflict'
  attempts: number
  /** When it first went out, ms since 1970: the server cannot have done it before. */
  sentAt?: number
  /** Set with the first attempt; the same key must always carry the same request. */
  request?: WriteRequest
  refusal?: Refusal
  conflict?: Conflict
  /** Of its last event, once acked. */
  seq?: number | null
  /** Which tab answers for it. */
  tab: string
}

export interface WriteRequest {
  method: 'POST' | 'PATCH' | 'DELETE'
  path: string
  body?: Record<string, unknown>
  ifMatch?: number
}

/** A command that takes another back, with the exact place where a move has to return to. */
export interface Inverse {
  command: Command
  place?: Place
}

/** What commands are made from: the board as the person sees it, archived rows included. */
export interface Sight {
  boardRow(): Board | undefined
  ticketRow(id: Id): Ticket | undefined
  columnRow(id: Id): Column | undefined
  memberRow(person: Id): Member | undefined
  tickets(column: Id): readonly Id[]
  columns(): readonly Id[]
  description(id: Id): string | undefined
}

const TRAIL = 8

/** The place that `after` names among `siblings`. */
export function placeAfter(parent: Id, siblings: readonly Id[], after: After, self?: Id): Place {
  const others = siblings.filter((id) => id !== self)
  const index = after === undefined ? others.length : after === null ? 0 : others.indexOf(after) + 1
  const lost = typeof after === 'number' && index === 0
  return {
    parent,
    trail: others.slice(Math.max(0, index - TRAIL), index).reverse(),
    complete: index <= TRAIL,
    last: after === undefined || lost,
  }
}

/** The place a row has now, to return to. */
export function placeOf(parent: Id, siblings: readonly Id[], self: Id): Place {
  const index = siblings.indexOf(self)
  return placeAfter(parent, siblings, index < 0 ? undefined : index === 0 ? null : siblings[index - 1], self)
}

/** Puts `id` where `place` says. `order` does not hold it. */
export function insertAt(order: Id[], place: Place, id: Id): void {
  let index = place.complete ? 0 : order.length
  if (place.last) index = order.length
  else
    for (const above of place.trail) {
      const found = order.indexOf(above)
      if (found < 0) continue
      index = found + 1
      break
    }
  order.splice(index, 0, id)
}

/** What to ask the server for. */
export function afterOf(place: Place): After {
  return place.last ? undefined : (place.trail[0] ?? null)
}

/** The nearest sibling is gone: the next one up, else the end the trail reached. False: nothing is left to try. */
export function retreat(place: Place): boolean {
  if (place.last || (place.trail.length === 0 && place.complete)) return false
  place.trail.shift()
  if (place.trail.length === 0 && !place.complete) place.last = true
  return true
}

/** Does it hold text that must not be lost when the server refuses? */
export function holdsText(op: PendingOp): boolean {
  return op.command.do.endsWith('.create') || 'title' in op.set || 'description' in op.set
}

/** The fields whose change by others is a conflict. */
export function fieldsOf(op: PendingOp): string[] {
  return op.place ? ['position'] : Object.keys(op.set)
}

export interface OperationSeed {
  op: string
  board: Id
  at: number
  tab: string
  /** For created rows. */
  localId: Id
  uid: string
}

/** The operation of a command, and how to take it back. Undefined when what it speaks of is not there. */
export function makeOperation(
  sight: Sight,
  command: Command,
  seed: OperationSeed,
  place?: Place,
): { op: PendingOp; inverse: Inverse | undefined } | undefined {
  const { localId, uid, ...own } = seed
  const made = (
    noun: Noun,
    id: Id,
    set: Record<string, unknown>,
    inverse: Inverse | undefined,
    rest: Partial<PendingOp> = {},
  ) => ({
    op: {
      ...own,
      command,
      undo: false,
      noun,
      id,
      set,
      seen: null,
      state: 'queued',
      attempts: 0,
      ...rest,
    } as PendingOp,
    inverse,
  })
  const created = {
    id: localId,
    uid,
    board_id: seed.board,
    rank: '',
    version: 0,
    archived_at: null,
    created_at: new Date(seed.at).toISOString(),
    created_by: null,
    updated_at: new Date(seed.at).toISOString(),
  }
  const now = created.created_at
  const { do: what } = command

  if (what === 'ticket.create') {
    const text = command.description ?? ''
    const set = {
      ...created,
      column_id: command.column_id,
      title: command.title,
      description: text,
      has_description: text !== '',
    }
    return made(
      'ticket',
      localId,
      set,
      { command: { do: 'ticket.archive', id: localId } },
      { uid, place: placeAfter(command.column_id, sight.tickets(command.column_id), command.after) },
    )
  }
  if (what === 'column.create') {
    return made(
      'column',
      localId,
      { ...created, title: command.title, wip_limit: null },
      { command: { do: 'column.archive', id: localId } },
      { uid, place: placeAfter(0, sight.columns(), command.after) },
    )
  }
  if (what === 'ticket.edit' || what === 'column.edit' || what === 'board.edit') {
    const noun = what === 'ticket.edit' ? 'ticket' : what === 'column.edit' ? 'column' : 'board'
    const row =
      what === 'ticket.edit'
        ? sight.ticketRow(command.id)
        : what === 'column.edit'
          ? sight.columnRow(command.id)
          : sight.boardRow()
    if (!row) return undefined
    const {
      do: _,
      id: __,
      seen,
      ...set
    } = { id: 0, ...command } as Record<string, unknown> & { seen?: number }
    const former: Record<string, unknown> = {}
    for (const field of Object.keys(set))
      former[field] =
        field === 'description' && noun === 'ticket'
          ? sight.description(row.id)
          : row[field as keyof typeof row]
    const known = Object.values(former).every((value) => value !== undefined)
    const inverse = known ? ({ ...command, ...former } as Command & { seen?: number }) : undefined
    delete inverse?.seen
    if (noun === 'ticket' && typeof set.description === 'string') set.has_description = set.description !== ''
    return made(noun, row.id, set, inverse && { command: inverse }, { seen: seen ?? row.version })
  }
  if (what === 'ticket.move') {
    const row = sight.ticketRow(command.id)
    if (!row) return undefined
    const back = placeOf(row.column_id, sight.tickets(row.column_id), row.id)
    const inverse: Command = { do: what, id: row.id, column_id: row.column_id, after: afterOf(back) }
    return made(
      'ticket',
      row.id,
      { column_id: command.column_id },
      { command: inverse, place: back },
      {
        seen: command.seen ?? row.version,
        from: row.column_id,
        place:
          place ?? placeAfter(command.column_id, sight.tickets(command.column_id), command.after, row.id),
      },
    )
  }
  if (what === 'column.move') {
    const row = sight.columnRow(command.id)
    if (!row) return undefined
    const back = placeOf(0, sight.columns(), row.id)
    const inverse: Command = { do: what, id: row.id, after: afterOf(back) }
    return made(
      'column',
      row.id,
      {},
      { command: inverse, place: back },
      {
        seen: command.seen ?? row.version,
        place: place ?? placeAfter(0, sight.columns(), command.after, row.id),
      },
    )
  }
  if (what === 'ticket.archive' || what === 'ticket.restore') {
    const inverse: Command = {
      do: what === 'ticket.archive' ? 'ticket.restore' : 'ticket.archive',
      id: command.id,
    }
    const from = sight.ticketRow(command.id)?.column_id
    const set = { archived_at: what === 'ticket.archive' ? now : null }
    return made('ticket', command.id, set, { command: inverse }, from === undefined ? {} : { from })
  }
  if (what === 'column.archive' || what === 'column.restore') {
    const inverse: Command = {
      do: what === 'column.archive' ? 'column.restore' : 'column.archive',
      id: command.id,
    }
    return made(
      'column',
      command.id,
      { archived_at: what === 'column.archive' ? now : null },
      { command: inverse },
    )
  }
  if (what === 'board.archive' || what === 'board.restore') {
    const inverse: Command = { do: what === 'board.archive' ? 'board.restore' : 'board.archive' }
    return made(
      'board',
      seed.board,
      { archived_at: what === 'board.archive' ? now : null },
      { command: inverse },
    )
  }
  const member = sight.memberRow(command.person_id)
  if (!member) return undefined
  if (what === 'member.edit')
    return made(
      'member',
      command.person_id,
      { role: command.role },
      { command: { ...command, role: member.role } },
    )
  return made('member', command.person_id, { removed: true }, undefined)
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
    case 'member.edit':
      return { method: 'PATCH', path: pathOf(op), body: { role: command.role } }
  }
}

function pathOf(op: PendingOp): string {
  if (op.noun === 'member') return `api/boards/${op.board}/members/${op.id}`
  return `api/${op.noun}s/${op.id}`
}

/** Names the server's id wherever the operation used the one made here. */
export function rename(op: PendingOp, from: Id, to: Id): boolean {
  let changed = false
  const swap = (id: Id) => {
    if (id !== from) return id
    changed = true
    return to
  }
  op.id = op.command.do.endsWith('.create') ? op.id : swap(op.id)
  if (op.place) {
    op.place.parent = swap(op.place.parent)
    op.place.trail = op.place.trail.map(swap)
  }
  if (op.from !== undefined) op.from = swap(op.from)
  if (typeof op.set.column_id === 'number') op.set = { ...op.set, column_id: swap(op.set.column_id) }
  const command = { ...op.command } as Record<string, unknown>
  for (const key of ['id', 'column_id', 'after'])
    if (typeof command[key] === 'number') command[key] = swap(command[key])
  op.command = command as unknown as Command
  return changed
}
