/** A change of mine on its way: what it shows at once, what it asks of the server, and how it is taken back. */

import { afterOf, type Place, placeAfter, placeOf } from './place'
import type { Board, Column, Command, Conflict, Id, Member, Refusal, Ticket } from './types'
import type { WriteRequest } from './writes'

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
  /** It had to wait for a connection: those go out strictly one after the other. */
  late?: boolean
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
  if (what === 'member.add') {
    const { person_id, name, role, email } = command
    return made('member', person_id, { name, role }, { command: { do: 'member.remove', person_id, email } })
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
  const { person_id, email } = command
  const { name, role } = member
  const inverse = email ? { command: { do: 'member.add', person_id, email, name, role } as const } : undefined
  return made('member', person_id, { removed: true }, inverse)
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
