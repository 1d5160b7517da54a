import { describe, expect, test } from 'vitest'
import type { TopicEvent } from '../sync/types'
import { deed, lastDeed, type Names, type Part, ticketDeeds, whoOf } from './deed'

const names: Names = {
  column: (id) => ({ 4: 'Ready', 5: 'Doing' })[id],
  person: (id) => ({ 7: 'Tomás' })[id],
}
const tomas = { id: 7, name: 'Tomás' }

function event(over: Partial<TopicEvent>): TopicEvent {
  return {
    v: 1,
    topic: 'board/1',
    seq: 1,
    type: 'ticket.updated',
    at: '2026-11-19T16:40:00Z',
    via: 'rest',
    actor: tomas,
    id: 318,
    ...over,
  }
}
const text = (parts: Part[]) =>
  parts.map((part) => (part.as === 'was' ? `[${part.text}]` : part.text)).join('')

describe('who', () => {
  test('SQL is a name', () => {
    expect(whoOf(event({ actor: null, via: 'sql:reporting' })).name).toBe('SQL (reporting)')
    expect(whoOf(event({ via: 'sql:reporting' }))).toMatchObject({ name: 'Tomás', sql: 'reporting' })
    expect(whoOf(event({ actor: null, via: 'system' })).name).toBe('The system')
  })
})

test.each<[string, Partial<TopicEvent>]>([
  ['moved 318 Ready → Doing', { set: { column_id: 5, rank: 'a' }, was: { column_id: 4, rank: 'b' } }],
  ['moved 318 a column that is gone → Doing', { set: { column_id: 5 }, was: { column_id: 99 } }],
  ['moved 318 within its column', { set: { rank: 'a' }, was: { rank: 'b' } }],
  ['wrote 318 “Cancellation push”', { type: 'ticket.created', set: { title: 'Cancellation push' } }],
  ['archived 318', { set: { archived_at: '2026-11-19T16:40:00Z' }, was: { archived_at: null } }],
  ['restored 318', { set: { archived_at: null, column_id: 5, title: 'x', rank: 'a' }, was: {} }],
  ['moved 318 to another board', { type: 'ticket.deleted', was: {}, moved_to: 2 }],
  [
    'limited “Doing” [no limit] → 5',
    { type: 'column.updated', id: 5, set: { wip_limit: 5 }, was: { wip_limit: null } },
  ],
  ['added Ada as editor', { type: 'member.created', id: 9, set: { name: 'Ada', role: 'editor' } }],
  ['made Tomás an owner', { type: 'member.updated', id: 7, set: { role: 'owner' }, was: { role: 'viewer' } }],
  ['changed a label', { type: 'label.updated' }],
])('%s', (words, over) => expect(text(deed(event(over), names))).toBe(words))

test('a ticket’s history names each thing from and to', () => {
  const both = event({
    set: { title: 'New', column_id: 5, rank: 'a', version: 3 },
    was: { title: 'Old', column_id: 4, rank: 'b', version: 2 },
  })

  expect(ticketDeeds(both, names).map(text)).toEqual(['title [Old] → New', '[Ready] → Doing'])
})

test('a checked box is told as such', () => {
  const check = event({
    set: { description: '- [x] Next sailing' },
    was: { description: '- [ ] Next sailing' },
  })

  expect(ticketDeeds(check, names).map(text)).toEqual(['checked “Next sailing”'])
})

test('a text too long for the frame is still told', () => {
  const long = event({ set: { version: 4 }, was: { version: 3 }, omitted: ['set.description'] })

  expect(ticketDeeds(long, names).map(text)).toEqual(['changed the description'])
})

test('the last thing on a board adds up like deeds of one person', () => {
  const archived = (id: number, actor = tomas) => event({ id, actor, set: { archived_at: 'x' }, was: {} })

  expect(
    lastDeed([archived(1), archived(2), archived(2), archived(3, { id: 8, name: 'Wen' })], names),
  ).toMatchObject({
    who: { name: 'Tomás' },
    words: 'archived 2 tickets',
  })
  expect(lastDeed([event({ id: 306, set: { column_id: 5 }, was: { column_id: 4 } })], names)?.words).toBe(
    'moved 306 to Doing',
  )
  expect(lastDeed([], names)).toBeUndefined()
})
