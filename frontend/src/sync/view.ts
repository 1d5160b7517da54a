/** The board as the person sees it: what the server confirmed, with my pending operations laid over it. */

import { type BoardBase, compareRanked } from './base'
import type { PendingOp, Sight } from './operation'
import type { Outbox } from './outbox'
import { insertAt } from './place'
import type { Board, Column, Id, Key, Member, PendingMark, Ticket, Viewed } from './types'

/** Answers from a cache that `touch` empties key by key, so that equal questions get the same object. */
export class BoardView implements Sight {
  private cache = new Map<Key, unknown>()
  private indexed: readonly PendingOp[] | undefined
  private byRow = new Map<string, PendingOp[]>() // of what `indexed` holds: hundreds may be under way at once

  constructor(
    private readonly base: BoardBase,
    private readonly outbox: Outbox,
    private readonly boardId: Id,
  ) {}

  touch(keys: Iterable<Key>): void {
    for (const key of keys) this.cache.delete(key)
  }

  touchAll(): void {
    this.cache.clear()
  }

  /** The pending operations that show. One in conflict does not: the truth stands beside it. */
  private showing(): PendingOp[] {
    return this.outbox.of(this.boardId).filter((op) => op.state !== 'conflict')
  }

  /** Those of one row. */
  private showingOf(noun: string, id: Id): PendingOp[] {
    const ops = this.outbox.of(this.boardId)
    if (ops !== this.indexed) {
      this.indexed = ops
      this.byRow.clear()
      for (const op of ops) {
        const row = `${op.noun}:${op.id}`
        const others = this.byRow.get(row)
        if (others) others.push(op)
        else this.byRow.set(row, [op])
      }
    }
    return this.byRow.get(`${noun}:${id}`)?.filter((op) => op.state !== 'conflict') ?? []
  }

  private cached<T>(key: Key, make: () => T): T {
    if (this.cache.has(key)) return this.cache.get(key) as T
    const made = make()
    this.cache.set(key, made)
    return made
  }

  board(): Viewed<Board> | undefined {
    return this.cached('board', () => this.lay('board', this.boardId, this.base.board))
  }

  /** Open and with an open column; also by the id it was created under. */
  ticket(asked: Id): Viewed<Ticket> | undefined {
    const id = this.outbox.nameOf(asked)
    return this.cached(`ticket:${id}`, () => {
      const row = this.ticketRow(id)
      return row && !row.archived_at && this.column(row.column_id) ? row : undefined
    })
  }

  column(asked: Id): Viewed<Column> | undefined {
    const id = this.outbox.nameOf(asked)
    return this.cached(`column:${id}`, () => {
      const row = this.columnRow(id)
      return row?.archived_at ? undefined : row
    })
  }

  columns(): readonly Id[] {
    return this.cached('columns', () => {
      const base = this.base.openColumns()
      const ops = this.showing().filter((op) => op.noun === 'column' && (op.place || 'archived_at' in op.set))
      return ops.length ? this.arrange(base, ops, 0, (id) => this.columnRow(id)) : base
    })
  }

  tickets(asked: Id): readonly Id[] {
    const column = this.outbox.nameOf(asked)
    return this.cached(`tickets:${column}`, () => {
      const base = this.base.openTickets(column)
      const ops = this.showing().filter((op) => op.noun === 'ticket' && (op.place || 'archived_at' in op.set))
      return ops.length ? this.arrange(base, ops, column, (id) => this.ticketRow(id)) : base
    })
  }

  members(): readonly Member[] {
    return this.cached('members', () => {
      const ops = this.showing().filter((op) => op.noun === 'member')
      let members = this.base.members
      for (const { id, set, command } of ops) {
        if (set.removed) members = members.filter((m) => m.person_id !== id)
        else if (command.do === 'member.add' && !members.some((m) => m.person_id === id))
          members = [...members, { person_id: id, ...set } as Member]
        else members = members.map((m) => (m.person_id === id ? ({ ...m, ...set } as Member) : m))
      }
      return members
    })
  }

  description(asked: Id): string | undefined {
    const id = this.outbox.nameOf(asked)
    const op = this.showingOf('ticket', id).findLast((each) => typeof each.set.description === 'string')
    return op ? (op.set.description as string) : this.base.description(id)
  }

  boardRow = () => this.board()
  memberRow = (person: Id) => this.members().find((m) => m.person_id === person)

  /** Archived or not, as far as known. */
  ticketRow(id: Id): Viewed<Ticket> | undefined {
    const row = this.lay('ticket', id, this.base.tickets.get(id)) as
      | (Viewed<Ticket> & { description?: string })
      | undefined
    if (row && 'description' in row) delete row.description
    return row
  }

  columnRow(id: Id): Viewed<Column> | undefined {
    return this.lay('column', id, this.base.columns.get(id))
  }

  private lay<Row extends object>(noun: string, id: Id, confirmed: Row | undefined): Viewed<Row> | undefined {
    let row = confirmed
    let last: PendingOp | undefined
    for (const op of this.showingOf(noun, id)) {
      const creates = op.uid !== undefined
      if (creates ? confirmed !== undefined : row === undefined) continue // confirmed already, or nothing to lay it on
      row = { ...row, ...op.set, ...(creates ? { id } : {}) } as Row
      if (op.state !== 'acked') last = op
    }
    if (!row || !last) return row
    return { ...row, pending: markOf(last, this.outbox.waiting()) }
  }

  private arrange(
    base: readonly Id[],
    ops: readonly PendingOp[],
    parent: Id,
    row: (id: Id) => { archived_at: string | null } | undefined,
  ): readonly Id[] {
    let order: Id[] | undefined
    for (const op of ops) {
      const here = (order ?? base).includes(op.id)
      if (op.uid !== undefined && here) continue // confirmed already
      const restores = op.set.archived_at === null && op.uid === undefined
      const place = op.place ?? (restores && !here ? this.placeOfRow(op.id, parent) : undefined)
      const archives = typeof op.set.archived_at === 'string'
      if (op.place ? !here && op.place.parent !== parent : archives ? !here : !place) continue
      order ??= [...base]
      if (here) order.splice(order.indexOf(op.id), 1)
      const found = row(op.id)
      if (!archives && place?.parent === parent && found && !found.archived_at) insertAt(order, place, op.id)
    }
    return order ?? base
  }

  /** Where a restored row goes until the server says: where it was. */
  private placeOfRow(id: Id, parent: Id) {
    const rows: ReadonlyMap<Id, Ticket | Column> = parent === 0 ? this.base.columns : this.base.tickets
    const row = rows.get(id)
    if (!row || (parent !== 0 && (row as Ticket).column_id !== parent)) return undefined
    const siblings = parent === 0 ? this.base.openColumns() : this.base.openTickets(parent)
    const above = siblings.filter((other) => compareRanked(rows.get(other)!, row) < 0)
    return { parent, trail: above.reverse(), complete: true, last: false }
  }
}

export function markOf(op: PendingOp, waiting: boolean): PendingMark {
  const state = op.state === 'conflict' ? 'conflict' : op.refusal ? 'failed' : waiting ? 'waiting' : 'saving'
  return { op: op.op, state, since: op.at, ...(op.refusal ? { refusal: op.refusal } : {}) }
}
