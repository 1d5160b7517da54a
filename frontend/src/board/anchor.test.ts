import { expect, test } from 'vitest'
import { shiftOf } from './anchor'

/** A list of tickets 100 px tall, of which those from `first` on are drawn. */
function list(shown: number[], first = 0) {
  const items = shown.slice(first).map((_, n) => ({
    index: first + n,
    start: (first + n) * 100,
    end: (first + n + 1) * 100,
  }))
  return { shown, items }
}
const startAt = (index: number) => index * 100

test('a ticket more above takes what is in sight down with it', () => {
  expect(shiftOf(list([1, 2, 3, 4, 5], 1), [9, 1, 2, 3, 4, 5], 250, startAt)).toBe(100)
})

test('two fewer above, and it comes up', () => {
  expect(shiftOf(list([1, 2, 3, 4, 5]), [3, 4, 5], 250, startAt)).toBe(-200)
})

test('what changes below moves nothing', () => {
  expect(shiftOf(list([1, 2, 3, 4, 5]), [1, 2, 3, 9, 4], 150, startAt)).toBe(0)
})

test('the first in sight being taken to the top does not take the list along', () => {
  expect(shiftOf(list([1, 2, 3, 4, 5]), [3, 1, 2, 4, 5], 250, startAt)).toBe(0)
})

test('with nothing left of what was in sight, the list stays', () => {
  expect(shiftOf(list([1, 2, 3]), [7, 8, 9], 150, startAt)).toBe(0)
})
