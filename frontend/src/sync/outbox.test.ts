/** My changes on their way: order, retries, refusals, conflicts, undo. The service is the model's. */

import 'fake-indexeddb/auto'
import { describe, expect, test } from 'vitest'
import type { Answer, Write } from '../api/request'
import { refusalOf } from '../api/request'
import { makeOperation, type PendingOp, type Sight } from './operation'
import { Outbox, type OutboxChange } from './outbox'
import { openStorage } from './storage'
import type { Board, Column, Command, Outcome, Ticket } from './types'

const BOARD = 7

/** A board where everything that is asked for exists: ticket n stands in column 1, version 1. */
const sight = (made: number[]): Sight => ({
  boardRow: () => ({ id: BOARD, title: 'Board', description: '', version: 1 }) as Board,
  ticketRow: (id) => ({ id, column_id: 1, title: `T${id}`, version: 1, archived_at: null }) as Ticket,
  columnRow: (id) => ({ id, title: `C${id}`, version: 1, archived_at: null }) as Column,
  memberRow: () => undefined,
  tickets: (column) => (column === 1 ? [11, 12, 13, 14, ...made] : [21, 22]),
  columns: () => [1, 2],
  description: () => 'text',
})

function world() {
  let now = 1_000_000
  let count = 0
  const sent: (Write & {
    answer: (status: number, body?: object, more?: Partial<Answer>) => void
    lose: () => void
  })[] = []
  const timers: { at: number; run: () => void; off: boolean }[] = []
  const kept = new Map<string, PendingOp>()
  const changes: OutboxChange[] = []
  const outbox = new Outbox({
    send: (write) =>
      new Promise((resolve, reject) => {
        sent.push({
          ...write,
          answer: (status, body = {}, more = {}) =>
            resolve({
              ok: status < 400,
              status,
              body,
              seq: status < 400 ? sent.length : null,
              topic: `board/${BOARD}`,
              etag: null,
              retryAfterMs: 0,
              serverDate: null,
              sentAt: 0,
              answeredAt: 0,
              ...(status < 400 ? {} : { refusal: refusalOf(status, body) }),
              ...more,
            }),
          lose: () => reject(new TypeError('Failed to fetch')),
        })
      }),
    storage: { put: (op) => kept.set(op.op, structuredClone(op)), delete: (op) => kept.delete(op) },
    now: () => now,
    random: () => 0.5,
    after(ms, run) {
      const timer = { at: now + ms, run, off: false }
      timers.push(timer)
      return () => {
        timer.off = true
      }
    },
  })
  outbox.listen(BOARD, (change) => changes.push(change))
  const made: number[] = []
  const outcomes = new Map<string, Outcome>()
  function run(command: Command, change: Partial<PendingOp> = {}): PendingOp {
    const n = ++count
    const seed = { op: `op${n}`, board: BOARD, at: now, tab: 'tab', localId: -n, uid: `uid${n}` }
    const { op } = makeOperation(sight(made), command, seed)!
    if (command.do === 'ticket.create') made.push(op.id)
    const added = outbox.add(Object.assign(op, change))
    void added.settled.then((outcome) => outcomes.set(added.op.op, outcome))
    return added.op
  }
  async function pass(ms = 0): Promise<void> {
    now += ms
    for (const timer of timers.filter((t) => !t.off && t.at <= now)) {
      timer.off = true
      timer.run()
    }
    for (let i = 0; i < 8; i++) await Promise.resolve()
  }
  const last = () => sent.at(-1)!
  return { outbox, sent, kept, changes, outcomes, run, pass, last }
}

const edit = (id: number, title: string): Command => ({ do: 'ticket.edit', id, title })
const move = (id: number, column_id: number, after?: number | null): Command =>
  after === undefined ? { do: 'ticket.move', id, column_id } : { do: 'ticket.move', id, column_id, after }

describe('order', () => {
  test('one request a ticket is on its way; what comes meanwhile waits, and says what it saw', async () => {
    const w = world()
    w.run(edit(11, 'A'))
    w.run(edit(11, 'B'))
    w.run(edit(12, 'C'))
    expect(w.sent.map((s) => [s.path, s.body])).toEqual([
      ['api/tickets/11', { title: 'A' }],
      ['api/tickets/12', { title: 'C' }],
    ])
    w.sent[0]!.answer(200, { id: 11, version: 2 })
    await w.pass()
    expect(w.last()).toMatchObject({ path: 'api/tickets/11', body: { title: 'B' }, ifMatch: 2 })
  })

  test('a change to another field does not vouch for what others did to this one', async () => {
    const w = world()
    w.run({ do: 'ticket.edit', id: 11, description: 'mine' })
    w.run(edit(11, 'B'))
    w.sent[0]!.answer(200, { id: 11, version: 9 })
    await w.pass()
    expect(w.last()).toMatchObject({ body: { title: 'B' }, ifMatch: 1 })
  })

  test('moves through one column go one after the other, so that its limit is met in the order they were done', async () => {
    const w = world()
    w.run(move(21, 1))
    w.run(move(12, 2))
    w.run(edit(13, 'elsewhere'))
    expect(w.sent.map((s) => s.path)).toEqual(['api/tickets/21/move', 'api/tickets/13'])
    w.sent[0]!.answer(200, { id: 21, version: 2 })
    await w.pass()
    expect(w.last().path).toBe('api/tickets/12/move')
  })

  test('what was made here gets its name before others speak of it', async () => {
    const w = world()
    const made = w.run({ do: 'ticket.create', column_id: 1, title: 'New' })
    w.run(edit(made.id, 'Newer'))
    w.run(move(14, 1, made.id))
    expect(w.sent).toHaveLength(1)
    w.sent[0]!.answer(201, { id: 500, version: 1 })
    await w.pass()
    expect(w.sent.slice(1).map((s) => [s.path, s.body])).toEqual([
      ['api/tickets/500', { title: 'Newer' }],
      ['api/tickets/14/move', { column_id: 1, after: 500 }],
    ])
    expect(w.outbox.nameOf(made.id)).toBe(500)
  })

  test('a row held by somebody blocks its own changes alone', async () => {
    const w = world()
    w.run(move(11, 2))
    w.sent[0]!.answer(503, { type: '/problems/locked' })
    await w.pass()
    w.run(move(12, 2))
    expect(w.sent.filter((s) => s.path === 'api/tickets/12/move')).toHaveLength(1)
  })
})

describe('once', () => {
  test('a lost answer is asked for again with the same key and the same words', async () => {
    const w = world()
    w.run(edit(11, 'A'))
    w.sent[0]!.lose()
    await w.pass()
    expect(w.outbox.waiting()).toBe(true)
    await w.pass(1_000)
    const words = ({ key, path, method, body, ifMatch }: Write) => ({ key, path, method, body, ifMatch })
    expect(words(w.sent[1]!)).toEqual(words(w.sent[0]!))
    w.sent[1]!.answer(200, { id: 11, version: 2 })
    await w.pass()
    expect(w.outbox.waiting()).toBe(false)
  })

  test('without a connection one tries for all; then they go out in order', async () => {
    const w = world()
    w.run(edit(11, 'A'))
    w.sent[0]!.lose()
    await w.pass()
    for (const id of [12, 13, 14]) w.run(edit(id, 'B'))
    expect(w.sent).toHaveLength(1)
    await w.pass(1_000)
    expect(w.sent).toHaveLength(2)
    for (let n = 1; n <= 4; n++) {
      expect(w.sent).toHaveLength(n + 1)
      w.sent[n]!.answer(200, { id: 10 + n, version: 2 })
      await w.pass()
    }
    expect(w.sent.slice(1).map((s) => s.path)).toEqual([11, 12, 13, 14].map((id) => `api/tickets/${id}`))
  })

  test('changes that wait merge field by field, but not past an attempt', async () => {
    const w = world()
    w.run(edit(11, 'A'))
    w.sent[0]!.lose()
    await w.pass()
    w.run(edit(11, 'B'))
    w.run(edit(11, 'C'))
    w.run({ do: 'ticket.edit', id: 11, description: 'd' })
    expect(w.outbox.of(BOARD).map((op) => op.set.title ?? op.set.description)).toEqual(['A', 'C', 'd'])
  })

  test('it ends with its event, whichever of event and answer is first', async () => {
    const w = world()
    const first = w.run(edit(11, 'A'))
    w.outbox.confirm(first.op, { id: 11, seq: 5, version: 2 })
    expect(w.outbox.of(BOARD)).toEqual([])
    w.sent[0]!.answer(200, { id: 11, version: 2 })
    const second = w.run(edit(12, 'B'))
    w.sent[1]!.answer(200, { id: 12, version: 2 }, { seq: 9 })
    await w.pass()
    expect(second.state).toBe('acked')
    expect(w.outbox.unsaved()).toBe(0)
    w.outbox.caughtUp(BOARD, 8)
    expect(w.outbox.of(BOARD)).toHaveLength(1)
    w.outbox.caughtUp(BOARD, 9)
    expect(w.outbox.of(BOARD)).toEqual([])
    expect([...w.outcomes.values()]).toEqual([
      { is: 'saved', id: 11, seq: 5 },
      { is: 'saved', id: 12, seq: 9 },
    ])
  })

  test('a write that changed nothing ends with its answer: no event will come', async () => {
    const w = world()
    w.run(edit(11, 'T11'))
    w.sent[0]!.answer(200, { id: 11, version: 1 }, { seq: null, topic: null })
    await w.pass()
    expect(w.outbox.of(BOARD)).toEqual([])
  })
})

describe('no', () => {
  test('a refused move goes back; what hung on nothing else goes on', async () => {
    const w = world()
    w.run(move(11, 2))
    w.sent[0]!.answer(409, {
      type: '/problems/wip-limit',
      title: 'The column is full.',
      detail: 'Doing is full, 5 of 5.',
    })
    await w.pass()
    expect(w.outbox.of(BOARD)).toEqual([])
    expect(w.kept.size).toBe(0)
    const refused = w.changes.find((c) => c.is === 'refused')
    expect(refused).toMatchObject({ refusal: { problem: 'wip-limit', detail: 'Doing is full, 5 of 5.' } })
  })

  test('refused text is kept until it is discarded or goes through', async () => {
    const w = world()
    const op = w.run(edit(11, 'My words'))
    w.sent[0]!.answer(403, { type: '/problems/forbidden' })
    await w.pass()
    expect(op).toMatchObject({ state: 'failed', set: { title: 'My words' } })
    expect(w.kept.get(op.op)).toMatchObject({ state: 'failed' })

    w.outbox.retry(op.op)
    await w.pass()
    expect(w.sent).toHaveLength(2)
    w.sent[1]!.answer(403)
    await w.pass()
    w.outbox.discard(op.op)
    await w.pass()
    expect(w.outcomes.get(op.op)).toEqual({ is: 'discarded' })
    expect(w.kept.size).toBe(0)
  })

  test('a conflict is data: both values, whose and when; mine goes out again over what is there now', async () => {
    const w = world()
    const op = w.run(edit(11, 'Mine'))
    const at = '2026-01-01T00:00:00Z'
    const conflicts = [{ field: 'title', yours: 'Mine', theirs: 'Theirs', by: { id: 4, name: 'Bo' }, at }]
    w.sent[0]!.answer(409, {
      type: '/problems/conflict',
      conflicts,
      current: { id: 11, version: 8, title: 'Theirs' },
    })
    await w.pass()
    expect(op.conflict).toMatchObject({ noun: 'ticket', id: 11, fields: conflicts, current: { version: 8 } })
    expect(w.outcomes.get(op.op)).toMatchObject({ is: 'conflict' })

    w.outbox.resolve(op.op, 'mine', () => 'again')
    await w.pass()
    expect(w.last()).toMatchObject({ key: 'again', body: { title: 'Mine' }, ifMatch: 8 })
  })

  test('taking back is refused, not asked about, when somebody changed the same since', async () => {
    const w = world()
    const first = w.run(edit(11, 'A'))
    w.sent[0]!.answer(200, { id: 11, version: 2 })
    await w.pass()
    w.run(edit(11, 'T11'), { undo: true, chain: first.op, seen: null })
    expect(w.last()).toMatchObject({ ifMatch: 2 })
    w.last().answer(409, {
      type: '/problems/conflict',
      conflicts: [{ field: 'title' }],
      current: { version: 3 },
    })
    await w.pass()
    expect(w.outbox.of(BOARD).filter((op) => op.state !== 'acked')).toEqual([])
    expect(w.changes.some((c) => c.is === 'conflict')).toBe(false)
    expect(w.changes.find((c) => c.is === 'refused')).toMatchObject({
      conflict: { fields: [{ field: 'title' }] },
    })
  })

  test('what is refused while it is being taken back leaves nothing to take back', async () => {
    const w = world()
    const first = w.run(edit(11, 'A'))
    w.run(edit(11, 'T11'), { undo: true, chain: first.op, seen: null })
    w.sent[0]!.answer(409, {
      type: '/problems/conflict',
      conflicts: [{ field: 'title' }],
      current: { version: 3 },
    })
    await w.pass()
    expect(w.outbox.of(BOARD)).toEqual([])
    expect(w.sent).toHaveLength(1)
  })

  test('a neighbour that is gone is replaced by the next one up', async () => {
    const w = world()
    w.run(move(21, 1, 13))
    expect(w.last().body).toEqual({ column_id: 1, after: 13 })
    w.last().answer(409, { type: '/problems/misplaced', field: 'after' })
    await w.pass()
    expect(w.last().body).toEqual({ column_id: 1, after: 12 })
    for (const after of [11, null]) {
      w.last().answer(409, { type: '/problems/misplaced', field: 'after' })
      await w.pass()
      expect(w.last().body).toEqual({ column_id: 1, after })
    }
    w.last().answer(409, { type: '/problems/misplaced', field: 'after' })
    await w.pass()
    expect(w.sent).toHaveLength(4)
    expect(w.outbox.of(BOARD)).toEqual([])
  })

  test('what was meant for a row that never came to be goes with it', async () => {
    const w = world()
    const made = w.run({ do: 'ticket.create', column_id: 1, title: 'New' })
    w.run(edit(made.id, 'Newer'))
    w.run(move(14, 1, made.id))
    w.sent[0]!.answer(422, { type: '/problems/invalid' })
    await w.pass()
    w.outbox.discard(made.op)
    await w.pass()
    expect(w.outbox.of(BOARD).map((op) => op.id)).toEqual([14])
    expect(w.last().body).toEqual({ column_id: 1, after: 13 })
  })

  test('401 stops everything until the same person is back', async () => {
    const w = world()
    w.run(edit(11, 'A'))
    w.sent[0]!.answer(401)
    await w.pass()
    w.run(edit(12, 'B'))
    await w.pass(60_000)
    expect(w.sent).toHaveLength(1)
    expect(w.kept.size).toBe(2)
    w.outbox.block(null)
    expect(w.last().path).toBe('api/tickets/11')
    w.last().answer(200, { id: 11, version: 2 })
    await w.pass()
    expect(w.last().path).toBe('api/tickets/12')
  })

  test('a server that stays unwell is said so after some tries, and asked on', async () => {
    const w = world()
    const op = w.run(edit(11, 'A'))
    for (let i = 0; i < 5; i++) {
      w.last().answer(503, { type: '/problems/unavailable', detail: 'The database did not answer.' })
      await w.pass()
      await w.pass(16_000)
    }
    expect(op.refusal).toMatchObject({ detail: 'The database did not answer.' })
    expect(w.sent.length).toBeGreaterThan(5)
    w.last().answer(200, { id: 11, version: 2 })
    await w.pass()
    expect(op.state).toBe('acked')
  })
})

describe('kept', () => {
  test('changes survive the tab in the order they were done, under the same keys, for this person alone', async () => {
    const mine = await openStorage('livelane test 1')
    const first = world()
    const ops = [first.run(edit(11, 'A')), first.run(edit(12, 'B')), first.run(edit(11, 'C'))]
    for (const op of ops.toReversed()) mine.put(op)
    await mine.settled()

    expect(await (await openStorage('livelane test 2')).all()).toEqual([])
    const again = await (await openStorage('livelane test 1')).all()
    expect(again.map((op) => op.op)).toEqual(ops.map((op) => op.op))

    const second = world()
    second.outbox.adopt(
      await mine.claim(
        again.map((op) => op.op),
        'other tab',
      ),
    )
    for (const [n, [key, path]] of [
      ['op1', 'api/tickets/11'],
      ['op2', 'api/tickets/12'],
      ['op3', 'api/tickets/11'],
    ].entries()) {
      expect(second.sent[n]).toMatchObject({ key, path })
      expect(second.sent).toHaveLength(n + 1)
      second.sent[n]!.answer(200, { version: n + 2 })
      await second.pass()
    }
    expect((await mine.all()).map((op) => op.tab)).toEqual(['other tab', 'other tab', 'other tab'])
  })

  test('what went out meanwhile is not claimed', async () => {
    const storage = await openStorage('livelane test 3')
    const w = world()
    const [a, b] = [w.run(edit(11, 'A')), w.run(edit(12, 'B'))]
    storage.put(a!)
    storage.put(b!)
    storage.delete(a!.op)
    expect((await storage.claim([a!.op, b!.op], 'tab')).map((op) => op.op)).toEqual([b!.op])
  })
})
