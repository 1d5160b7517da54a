/** The service as the contract describes it, small enough to read: one board in memory, its log, and its rules. For tests. */

import type { Answer, Write } from '../../api/request'
import { refusalOf } from '../../api/request'
import { compareRanked } from '../base'
import type { BoardSnapshot, Column, Ticket, TopicEvent } from '../types'

export const BOARD = 7
export const ME = 3
const ACTOR = { id: ME, name: 'Ada' }
const OTHER = { id: 4, name: 'Bo' }

interface Change {
  type: string
  id: number
  set: Record<string, unknown>
  was: Record<string, unknown>
}

export class ModelServer {
  epoch = 'aaaaaaaa'
  seq = 0
  log: TopicEvent[] = []
  tickets = new Map<number, Ticket & { description: string }>()
  columns = new Map<number, Column>()
  answers = new Map<string, { print: string; answer: Answer }>()
  /** How often a write was really done, by key. */
  done = new Map<string, number>()
  private nextId = 100
  private rankCounter = 0

  constructor(columns = 3, tickets = 6) {
    for (let i = 1; i <= columns; i++) this.columns.set(i, this.columnRow(i, `Column ${i}`, `a${i}`))
    for (let i = 1; i <= tickets; i++) {
      const column = 1 + (i % columns)
      this.tickets.set(10 + i, this.ticketRow(10 + i, column, `Ticket ${10 + i}`, `a${i}`, `uid-${i}`, ''))
    }
  }

  snapshot(): BoardSnapshot {
    const open = [...this.columns.values()].filter((c) => !c.archived_at)
    const shown = new Set(open.map((c) => c.id))
    return structuredClone({
      v: 1,
      app: 'test',
      topic: `board/${BOARD}`,
      seq: this.seq,
      epoch: this.epoch,
      board: {
        id: BOARD,
        uid: 'board',
        title: 'Board',
        description: '',
        version: 1,
        archived_at: null,
        created_at: '2026-01-01T00:00:00Z',
        created_by: null,
        updated_at: '2026-01-01T00:00:00Z',
      },
      columns: open.sort(compareRanked),
      tickets: [...this.tickets.values()]
        .filter((t) => !t.archived_at && shown.has(t.column_id))
        .sort(compareRanked)
        .map(({ description: _, ...t }) => t),
      members: [{ person_id: ME, name: 'Ada', role: 'owner' as const }],
    })
  }

  eventsAfter(seq: number): TopicEvent[] {
    return structuredClone(this.log.filter((e) => e.seq > seq))
  }

  /** What a board must look like: columns with their open tickets, in order, as titles. */
  picture(): string[] {
    const snapshot = this.snapshot()
    return snapshot.columns.map(
      (c) =>
        `${c.id} ${c.title}: ${snapshot.tickets
          .filter((t) => t.column_id === c.id)
          .map((t) => `${t.id} ${t.title}${t.has_description ? '+' : ''} v${t.version}`)
          .join(', ')}`,
    )
  }

  // Somebody else's writes, or mine from SQL ----------------------------------------------------------------------------

  /** One transaction of another writer. */
  disturb(pick: (below: number) => number): void {
    const open = [...this.tickets.values()].filter((t) => !t.archived_at)
    const columns = [...this.columns.values()].filter((c) => !c.archived_at)
    const changes: Change[] = []
    const count = 1 + (pick(4) === 0 ? pick(3) : 0)
    for (let i = 0; i < count; i++) {
      const ticket = open[pick(Math.max(1, open.length))]
      const column = columns[pick(columns.length)]!
      const what = pick(7)
      if (what === 0)
        changes.push(this.create(column.id, `Theirs ${this.nextId}`, this.rankAt(column.id, undefined)))
      else if (!ticket || changes.some((c) => c.id === ticket.id)) continue
      else if (what === 1) changes.push(this.change(ticket, { archived_at: '2026-02-02T00:00:00Z' }))
      else if (what === 2) changes.push(this.change(ticket, { title: `Theirs ${this.seq}` }))
      else if (what === 3) changes.push(this.delete(ticket))
      else if (what === 4) {
        const archived = [...this.tickets.values()].find((t) => t.archived_at)
        if (archived) changes.push(this.change(archived, { archived_at: null }, true))
      } else
        changes.push(
          this.change(ticket, {
            column_id: column.id,
            rank: this.rankAt(column.id, pick(2) ? undefined : null),
          }),
        )
    }
    this.commit(changes, null, OTHER)
  }

  // REST --------------------------------------------------------------------------------------------------------------

  handle(write: Write): Answer {
    const path = write.path.replace(/\?.*/, '')
    if (write.method === 'GET') return this.get(write.path)
    const print = JSON.stringify([write.method, path, write.ifMatch ?? null, write.body ?? null])
    const before = write.key === undefined ? undefined : this.answers.get(write.key)
    if (before) return before.print === print ? before.answer : no(422, { type: '/problems/idempotency' })
    const answer = this.write(write, path)
    if (answer.ok && write.key !== undefined) {
      this.answers.set(write.key, { print, answer })
      this.done.set(write.key, (this.done.get(write.key) ?? 0) + 1)
    }
    return answer
  }

  private get(path: string): Answer {
    const events = /events\?after_seq=(\d+)/.exec(path)
    if (events) return yes({ events: this.eventsAfter(Number(events[1])).toReversed() }, null)
    if (path === `api/boards/${BOARD}`) return yes(this.snapshot(), null)
    const ticket = this.tickets.get(Number(/^api\/tickets\/(\d+)$/.exec(path)?.[1]))
    return ticket ? yes(structuredClone(ticket), null) : no(404)
  }

  private write(write: Write, path: string): Answer {
    const body = (write.body ?? {}) as Record<string, unknown>
    const create = /^api\/columns\/(\d+)\/tickets$/.exec(path)
    if (create) {
      const column = Number(create[1])
      const found = this.columns.get(column)
      if (!found) return no(404)
      if (found.archived_at) return no(409, { type: '/problems/archived' })
      const rank = this.rankFor(column, body)
      if (rank === undefined) return no(409, { type: '/problems/misplaced', field: 'after' })
      if ([...this.tickets.values()].some((t) => t.uid === body.uid))
        return no(409, { type: '/problems/exists' })
      const change = this.create(
        column,
        String(body.title),
        rank,
        String(body.uid),
        String(body.description ?? ''),
      )
      return this.finish([change], write, () => this.tickets.get(change.id)!)
    }
    const match = /^api\/tickets\/(\d+)(\/move)?$/.exec(path)
    const ticket = match && this.tickets.get(Number(match[1]))
    if (!match || !ticket) return no(404)
    const row = () => this.tickets.get(ticket.id)!
    if (write.method === 'DELETE') {
      if (ticket.archived_at) return this.finish([], write, row)
      return this.finish([this.change(ticket, { archived_at: '2026-03-03T00:00:00Z' })], write, row)
    }
    if (match[2]) {
      if (ticket.archived_at) return no(409, { type: '/problems/archived' })
      const column = this.columns.get(Number(body.column_id))
      if (!column || column.archived_at) return no(409, { type: '/problems/archived' })
      const conflict = this.conflict(ticket, write.ifMatch, ['column_id', 'rank'])
      if (conflict) return conflict
      const rank = this.rankFor(column.id, body, ticket.id)
      if (rank === undefined) return no(409, { type: '/problems/misplaced', field: 'after' })
      return this.finish([this.change(ticket, { column_id: column.id, rank })], write, row)
    }
    if (body.archived === false) {
      if (!ticket.archived_at) return this.finish([], write, row)
      return this.finish([this.change(ticket, { archived_at: null }, true)], write, row)
    }
    if (ticket.archived_at) return no(409, { type: '/problems/archived' })
    const conflict = this.conflict(ticket, write.ifMatch, Object.keys(body))
    if (conflict) return conflict
    const differing = Object.fromEntries(
      Object.entries(body).filter(([k, v]) => ticket[k as keyof typeof ticket] !== v),
    )
    return this.finish(Object.keys(differing).length ? [this.change(ticket, differing)] : [], write, row)
  }

  private conflict(ticket: Ticket, seen: number | undefined, fields: string[]): Answer | undefined {
    if (seen === undefined || seen === ticket.version) return undefined
    const since = this.log.filter(
      (e) => e.id === ticket.id && typeof e.set?.version === 'number' && (e.set.version as number) > seen,
    )
    const changed = since.filter((e) => fields.some((f) => f in (e.set ?? {}) && f in (e.was ?? {})))
    if (!changed.length) return undefined
    const last = changed.at(-1)!
    const conflicts = [{ field: fields[0], yours: null, theirs: null, by: last.actor, at: last.at }]
    return no(409, { type: '/problems/conflict', conflicts, current: structuredClone(ticket) })
  }

  private finish(changes: Change[], write: Write, row: () => unknown): Answer {
    this.commit(changes, write.key ?? null, ACTOR)
    return yes(structuredClone(row()), changes.length ? this.seq : null)
  }

  // Rows and log --------------------------------------------------------------------------------------------------------

  private commit(changes: Change[], op: string | null, actor: { id: number; name: string }): void {
    changes.forEach((change, index) => {
      this.seq++
      this.log.push({
        v: 1,
        topic: `board/${BOARD}`,
        seq: this.seq,
        type: change.type,
        at: new Date(1_770_000_000_000 + this.seq).toISOString(),
        via: 'rest',
        actor,
        op,
        id: change.id,
        set: change.set,
        was: change.was,
        ...(index < changes.length - 1 ? { more: true } : {}),
      })
    })
  }

  private change(
    ticket: Ticket & { description: string },
    set: Partial<Ticket & { description: string }>,
    whole = false,
  ): Change {
    const was: Record<string, unknown> = { version: ticket.version }
    for (const key of Object.keys(set)) was[key] = ticket[key as keyof typeof ticket]
    const after = { ...ticket, ...set, version: ticket.version + 1 }
    after.has_description = after.description !== ''
    this.tickets.set(ticket.id, after)
    const { has_description: _, ...row } = after
    return {
      type: 'ticket.updated',
      id: ticket.id,
      set: whole ? row : { ...set, version: after.version },
      was,
    }
  }

  private create(
    column: number,
    title: string,
    rank: string,
    uid = `uid-${this.nextId}`,
    description = '',
  ): Change {
    const id = this.nextId++
    const row = this.ticketRow(id, column, title, rank, uid, description)
    this.tickets.set(id, row)
    const { has_description: _, ...set } = row
    return { type: 'ticket.created', id, set, was: {} }
  }

  private delete(ticket: Ticket): Change {
    this.tickets.delete(ticket.id)
    return { type: 'ticket.deleted', id: ticket.id, set: {}, was: { ...ticket } }
  }

  private rankFor(column: number, body: Record<string, unknown>, self?: number): string | undefined {
    if (!('after' in body)) return this.rankAt(column, undefined, self)
    if (body.after === null) return this.rankAt(column, null, self)
    const anchor = this.tickets.get(Number(body.after))
    if (!anchor || anchor.archived_at || anchor.column_id !== column || anchor.id === self) return undefined
    return this.rankAt(column, anchor.id, self)
  }

  /** New ranks for the whole column would be simpler, but no server does that at each move: fractions it is. */
  private rankAt(column: number, after: number | null | undefined, self?: number): string {
    const siblings = [...this.tickets.values()]
      .filter((t) => t.column_id === column && t.id !== self)
      .sort(compareRanked)
    const index =
      after === undefined
        ? siblings.length
        : after === null
          ? 0
          : siblings.findIndex((t) => t.id === after) + 1
    return between(siblings[index - 1]?.rank ?? '', siblings[index]?.rank ?? `z${++this.rankCounter}`)
  }

  private ticketRow(
    id: number,
    column: number,
    title: string,
    rank: string,
    uid: string,
    description: string,
  ) {
    return {
      id,
      uid,
      board_id: BOARD,
      column_id: column,
      title,
      description,
      has_description: description !== '',
      rank,
      version: 1,
      archived_at: null as string | null,
      created_at: '2026-01-01T00:00:00Z',
      created_by: ME,
      updated_at: '2026-01-01T00:00:00Z',
    }
  }

  private columnRow(id: number, title: string, rank: string): Column {
    return {
      id,
      uid: `column-${id}`,
      board_id: BOARD,
      title,
      wip_limit: null,
      rank,
      version: 1,
      archived_at: null,
      created_at: '2026-01-01T00:00:00Z',
      created_by: ME,
      updated_at: '2026-01-01T00:00:00Z',
    }
  }
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function between(a: string, b: string): string {
  let rank = ''
  for (let i = 0; ; i++) {
    const low = i < a.length ? DIGITS.indexOf(a[i]!) : 0
    const high = b && i < b.length ? DIGITS.indexOf(b[i]!) : b ? 0 : DIGITS.length
    if (low === high) rank += DIGITS[low]
    else if (high - low > 1) return rank + DIGITS[(low + high) >> 1]
    else {
      rank += DIGITS[low]
      b = ''
    }
  }
}

function yes(body: unknown, seq: number | null): Answer {
  return answer(200, body, seq)
}

function no(status: number, problem: Record<string, unknown> = {}): Answer {
  return { ...answer(status, problem, null), ok: false, refusal: refusalOf(status, problem) }
}

function answer(status: number, body: unknown, seq: number | null): Answer {
  return {
    ok: true,
    status,
    body,
    seq,
    topic: seq === null ? null : `board/${BOARD}`,
    etag: null,
    retryAfterMs: 0,
    serverDate: null,
    sentAt: 0,
    answeredAt: 0,
  }
}
