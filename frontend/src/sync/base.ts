/** The board as the server confirmed it: written by snapshots and events alone, in one place. */

import { parseType } from './protocol'
import type { Board, BoardSnapshot, Column, Id, Key, Member, Role, Ticket, TopicEvent } from './types'

interface Ranked {
  id: Id
  rank: string
}

const NONE: readonly Id[] = []

/** Order among siblings: by rank byte for byte, then by id. */
export function compareRanked(a: Ranked, b: Ranked): number {
  return a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : a.id - b.id
}

/** A description, as of which version of its ticket. */
interface KnownText {
  version: number
  text: string
}

export class BoardBase {
  epoch = ''
  seq = 0
  app = ''
  board: Board | undefined
  /** All rows known, archived ones included once they were seen open. */
  readonly columns = new Map<Id, Column>()
  readonly tickets = new Map<Id, Ticket>()
  members: readonly Member[] = []
  readonly names = new Map<Id, string>()
  /** An event spoke of rows that no snapshot or event has shown: only a new snapshot can tell. */
  incomplete = false

  private columnOrder: readonly Id[] = NONE
  private ticketOrder = new Map<Id, readonly Id[]>()
  private texts = new Map<Id, KnownText>()

  /** Open columns, left to right. The same array until it changes. */
  openColumns(): readonly Id[] {
    return this.columnOrder
  }

  /** Open tickets of a column, also of an archived one. The same array until it changes. */
  openTickets(column: Id): readonly Id[] {
    return this.ticketOrder.get(column) ?? NONE
  }

  description(id: Id): string | undefined {
    const ticket = this.tickets.get(id)
    if (ticket && !ticket.has_description) return ''
    return this.texts.get(id)?.text
  }

  /** A ticket's whole row, as REST answered: its text counts unless something newer is known. */
  learn(row: { id: Id; version: number; description: string }): void {
    const ticket = this.tickets.get(row.id)
    const known = this.texts.get(row.id)
    if ((ticket && ticket.version > row.version) || (known && known.version > row.version)) return
    this.texts.set(row.id, { version: row.version, text: row.description })
  }

  /** Replaces all that is held. */
  load(snapshot: BoardSnapshot): void {
    this.epoch = snapshot.epoch
    this.seq = snapshot.seq
    this.app = snapshot.app
    this.board = snapshot.board
    this.incomplete = false
    this.columns.clear()
    this.tickets.clear()
    this.ticketOrder.clear()
    this.members = snapshot.members ?? []
    for (const member of this.members) this.names.set(member.person_id, member.name)
    for (const column of snapshot.columns ?? []) this.columns.set(column.id, column)
    const byColumn = new Map<Id, Ticket[]>()
    for (const ticket of snapshot.tickets ?? []) {
      this.tickets.set(ticket.id, ticket)
      const siblings = byColumn.get(ticket.column_id)
      if (siblings) siblings.push(ticket)
      else byColumn.set(ticket.column_id, [ticket])
    }
    for (const [column, tickets] of byColumn)
      this.ticketOrder.set(
        column,
        tickets.sort(compareRanked).map((t) => t.id),
      )
    this.columnOrder = [...this.columns.values()].sort(compareRanked).map((c) => c.id)
    for (const [id, known] of this.texts) {
      const ticket = this.tickets.get(id)
      if (!ticket || known.version < ticket.version) this.texts.delete(id)
    }
  }

  /** The state as a snapshot again, for keeping across a reload. */
  dump(): BoardSnapshot | undefined {
    if (!this.board) return undefined
    return {
      v: 1,
      app: this.app,
      topic: `board/${this.board.id}`,
      seq: this.seq,
      epoch: this.epoch,
      board: this.board,
      columns: [...this.columns.values()].filter((c) => !c.archived_at),
      tickets: [...this.tickets.values()].filter(
        (t) => !t.archived_at && this.columns.get(t.column_id)?.archived_at === null,
      ),
      members: [...this.members],
    }
  }

  /** Applies one event, the next in line, and names what it touched. Unknown nouns only move the number. */
  apply(event: TopicEvent, touched: Set<Key>): void {
    this.seq = event.seq
    if (event.actor) this.names.set(event.actor.id, event.actor.name)
    const type = parseType(event)
    if (!type) return
    const [noun, verb] = type
    const set = event.set ?? {}
    if (noun === 'ticket') this.applyTicket(verb, event, set, touched)
    else if (noun === 'column') this.applyColumn(verb, event, set, touched)
    else if (noun === 'member') this.applyMember(verb, event, set, touched)
    else if (noun === 'board' && this.board && verb === 'updated') {
      this.board = { ...this.board, ...set, updated_at: event.at }
      if (event.omitted?.includes('set.description')) this.incomplete = true
      touched.add('board')
    }
  }

  private applyTicket(
    verb: string,
    event: TopicEvent,
    set: Record<string, unknown>,
    touched: Set<Key>,
  ): void {
    const { id } = event
    const before = this.tickets.get(id)
    touched.add(`ticket:${id}`)
    if (verb === 'deleted') {
      this.tickets.delete(id)
      this.texts.delete(id)
      if (before) this.replace(before.column_id, id, undefined, touched)
      return
    }
    if (!before && !isWhole(set)) {
      // An archived ticket, or one in an archived column, changed where nobody sees it; unless it came back.
      if (set.archived_at === null || 'column_id' in set) this.incomplete = true
      return
    }
    const { description, ...columns } = set
    const hidden = event.omitted?.includes('set.description') ?? false
    const after = { has_description: false, ...before, id, updated_at: event.at, ...columns } as Ticket
    if (typeof description === 'string') {
      after.has_description = description !== ''
      this.texts.set(id, { version: after.version, text: description })
      touched.add(`description:${id}`)
    } else if (hidden) {
      after.has_description = true
      this.texts.delete(id)
      touched.add(`description:${id}`)
    } else {
      const known = this.texts.get(id)
      if (known && known.version === before?.version) known.version = after.version
    }
    this.tickets.set(id, after)
    if (before && !before.archived_at && (after.archived_at || after.column_id !== before.column_id))
      this.replace(before.column_id, id, undefined, touched)
    if (!after.archived_at && (!before || before.archived_at || moved(before, after)))
      this.replace(after.column_id, id, after, touched)
  }

  private applyColumn(
    verb: string,
    event: TopicEvent,
    set: Record<string, unknown>,
    touched: Set<Key>,
  ): void {
    const { id } = event
    const before = this.columns.get(id)
    touched.add(`column:${id}`)
    if (verb === 'deleted') this.columns.delete(id)
    else if (!before && !isWhole(set)) {
      if (set.archived_at === null) this.incomplete = true
      return
    } else this.columns.set(id, { ...before, id, updated_at: event.at, ...set } as Column)
    const after = this.columns.get(id)
    const opened = !before?.archived_at !== !after?.archived_at || !before !== !after
    if (!opened && before?.rank === after?.rank) return
    this.columnOrder = [...this.columns.values()]
      .filter((c) => !c.archived_at)
      .sort(compareRanked)
      .map((c) => c.id)
    touched.add('columns')
    if (!opened) return
    // Its tickets hide and return with it.
    touched.add(`tickets:${id}`)
    for (const ticket of this.openTickets(id)) touched.add(`ticket:${ticket}`)
  }

  private applyMember(
    verb: string,
    event: TopicEvent,
    set: Record<string, unknown>,
    touched: Set<Key>,
  ): void {
    const { id } = event
    const before = this.members.find((m) => m.person_id === id)
    const others = this.members.filter((m) => m !== before)
    touched.add('members')
    if (typeof set.name === 'string') this.names.set(id, set.name)
    if (verb === 'deleted') this.members = others
    else if (before || typeof set.role === 'string') {
      const after: Member = {
        person_id: id,
        name: this.names.get(id) ?? before?.name ?? '',
        role: (set.role as Role | undefined) ?? before!.role,
      }
      this.members = before ? this.members.map((m) => (m === before ? after : m)) : [...others, after]
    }
  }

  /** Takes a ticket out of a column's order and, with `row`, puts it in again where its rank says. */
  private replace(column: Id, id: Id, row: Ticket | undefined, touched: Set<Key>): void {
    const order = this.openTickets(column).slice()
    const index = order.indexOf(id)
    if (index >= 0) order.splice(index, 1)
    if (row) {
      let low = 0
      let high = order.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (compareRanked(this.tickets.get(order[middle]!)!, row) < 0) low = middle + 1
        else high = middle
      }
      order.splice(low, 0, id)
    }
    if (order.length) this.ticketOrder.set(column, order)
    else this.ticketOrder.delete(column)
    touched.add(`tickets:${column}`)
  }
}

/** Does `set` hold a whole row? Rows that return from the archive are sent whole, as created ones are. */
function isWhole(set: Record<string, unknown>): boolean {
  return typeof set.title === 'string' && typeof set.rank === 'string' && typeof set.version === 'number'
}

function moved(before: Ticket, after: Ticket): boolean {
  return before.rank !== after.rank || before.column_id !== after.column_id
}
