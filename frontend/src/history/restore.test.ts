import { expect, test } from 'vitest'
import type { TopicEvent } from '../sync/types'
import { differing, type Present, restoring } from './restore'

const now: Present = { title: 'Now', description: 'text', column_id: 5, rank: 'm' }
const event = (over: Partial<TopicEvent>) =>
  ({
    v: 1,
    topic: 'board/1',
    seq: 1,
    type: 'ticket.updated',
    at: '',
    via: 'rest',
    actor: null,
    id: 1,
    ...over,
  }) as TopicEvent
const none = () => []

test('what stands as the event made it needs no restoring', () => {
  expect(differing(event({ set: { title: 'Now', version: 3 } }), now)).toEqual([])
})

test('a former title comes back as an edit', () => {
  expect(restoring(event({ set: { title: 'Then' } }), now, none)).toEqual([
    { do: 'ticket.edit', id: 1, title: 'Then' },
  ])
})

test('a former place comes back below what ranked above it', () => {
  const siblings = () => [
    { id: 7, rank: 'a' },
    { id: 8, rank: 'c' },
    { id: 9, rank: 'x' },
  ]

  expect(restoring(event({ set: { column_id: 4, rank: 'd' } }), now, siblings)).toEqual([
    { do: 'ticket.move', id: 1, column_id: 4, after: 8 },
  ])
  expect(restoring(event({ set: { column_id: 4, rank: 'A' } }), now, siblings)).toMatchObject([
    { after: null },
  ])
})

test('the ticket as first written gives its texts back, not its place', () => {
  const created = event({
    type: 'ticket.created',
    set: { title: 'First', description: '', column_id: 4, archived_at: null },
  })

  expect(differing(created, now)).toEqual(['title', 'description'])
})

test('archiving, restoring and deleting are not restored from here', () => {
  expect(differing(event({ set: { archived_at: 'x' } }), now)).toEqual([])
  expect(differing(event({ set: { archived_at: null, title: 'Then' } }), now)).toEqual([])
  expect(differing(event({ type: 'ticket.deleted', was: { title: 'Then' } }), now)).toEqual([])
})
