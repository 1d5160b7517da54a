import { beforeEach, expect, test } from 'vitest'
import { Visits } from '../live/visits'
import type { TopicEvent } from '../sync'
import { byWhom, changesOf } from './away'

const iris = { id: 3, name: 'Iris Kell' }
const me = 1
let seq = 0
const event = (over: Partial<TopicEvent>) =>
  ({
    v: 1,
    topic: 'board/1',
    seq: ++seq,
    type: 'ticket.updated',
    at: '',
    via: 'rest',
    actor: iris,
    id: 5,
    ...over,
  }) as TopicEvent
const names = { column: () => 'Doing', person: () => 'Iris', ticket: (id: number) => `ticket ${id}` }

beforeEach(() => {
  localStorage.clear()
  seq = 0
})

test('what I did myself is no news; what I did in SQL may be', () => {
  const mine = { id: me, name: 'Noor' }
  const events = [
    event({ actor: mine, set: { title: 'x' } }),
    event({ actor: mine, via: 'sql:noor', id: 6, set: { title: 'y' } }),
  ]

  expect(changesOf(events, me, names).map((change) => change.ticket)).toEqual([6])
})

test('a ticket changed thrice is one line, the last touched first', () => {
  const events = [
    event({ id: 5, set: { title: 'a' } }),
    event({ id: 6, set: { column_id: 2 }, was: { column_id: 1 } }),
    event({ id: 5, set: { description: 'b' } }),
  ]

  expect(changesOf(events, me, names).map((change) => [change.ticket, change.events.length])).toEqual([
    [5, 2],
    [6, 1],
  ])
})

test('what came and went in between is left out', () => {
  const events = [
    event({ id: 7, type: 'ticket.created', set: { title: 'a' } }),
    event({ id: 7, type: 'ticket.deleted', was: { title: 'a' } }),
    event({ id: 8, type: 'ticket.created', set: { title: 'b' } }),
  ]

  expect(changesOf(events, me, names).map((change) => [change.ticket, change.end])).toEqual([[8, 'added']])
})

test('a rank alone is no news', () => {
  expect(changesOf([event({ set: { rank: 'a' } })], me, names)).toEqual([])
})

test('those who did most are named first', () => {
  const sql = { actor: null, via: 'sql:reporting' }
  const events = [
    event({ id: 1, set: { title: 'a' }, ...sql }),
    event({ id: 2, set: { title: 'b' } }),
    event({ id: 2, set: { title: 'c' } }),
  ]

  expect(byWhom(changesOf(events, me, names))).toBe('Iris and SQL (reporting)')
})

test('a visit is kept per person and board', () => {
  new Visits(1, '/').keep(7, { seq: 12, at: 5 })

  expect(new Visits(1, '/').read(7)).toEqual({ seq: 12, at: 5 })
  expect(new Visits(2, '/').read(7)).toBeUndefined()
  expect(new Visits(1, '/').read(8)).toBeUndefined()
})
