import { expect, test } from 'vitest'
import { kept, sorted } from './order'

test('what I looked at last is first, then what changed last, then the older board', () => {
  const at = (hour: number) => `2026-11-25T${hour}:00:00Z`
  expect(
    sorted([
      { id: 1, visited: undefined, changed: at(10) },
      { id: 2, visited: undefined, changed: at(12) },
      { id: 3, visited: 1_000, changed: at(10) },
      { id: 4, visited: 2_000, changed: undefined },
      { id: 5, visited: undefined, changed: at(10) },
    ]),
  ).toEqual([4, 3, 2, 1, 5])
})

test('a row that comes stands below those that are there, and one that goes moves none', () => {
  expect(kept([3, 1, 2], [1, 3, 4, 5])).toEqual([3, 1, 4, 5])
})
