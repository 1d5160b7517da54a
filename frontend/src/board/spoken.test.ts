import { expect, test } from 'vitest'
import type { TopicEvent } from '../sync'
import { summed } from './spoken'

let seq = 0
const event = (name: string | null, id: number, type: string, set: Record<string, unknown>): TopicEvent => ({
  v: 1,
  topic: 'board/1',
  seq: ++seq,
  at: '2026-11-23T14:00:00Z',
  type,
  via: name === null ? 'sql:reporting' : 'rest',
  actor: name === null ? null : { id: 1, name },
  id,
  set,
})

test('others’ changes are one sentence, each ticket counted once', () => {
  expect(
    summed([
      event('Mira Orr', 1, 'ticket.updated', { column_id: 2, rank: 'a' }),
      event('Mira Orr', 1, 'ticket.updated', { rank: 'b' }),
      event('Mira Orr', 2, 'ticket.updated', { column_id: 2, rank: 'c' }),
      event('Mira Orr', 3, 'ticket.updated', { column_id: 2, rank: 'd' }),
      event('Tomás Vega', 4, 'ticket.updated', { title: 'x' }),
      event(null, 5, 'ticket.updated', { archived_at: '2026-11-23T14:00:00Z' }),
      event(null, 6, 'column.updated', { title: 'y' }),
    ]),
  ).toBe('Mira moved 3 tickets, Tomás changed 1, SQL (reporting) archived 1.')
})

test('nothing is no sentence', () => {
  expect(summed([])).toBe('')
})
