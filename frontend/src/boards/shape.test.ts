import { expect, test } from 'vitest'
import { heights, shapeKey } from './shape'

const bar = (count: number, full = false) => ({ count, full })

test('the tallest column fills the row, an empty one leaves a line', () => {
  expect(heights([bar(73), bar(0), bar(1)])).toEqual([32, 1, expect.closeTo(3.75, 1)])
})

test('a board without tickets has only lines', () => {
  expect(heights([bar(0), bar(0)])).toEqual([1, 1])
  expect(heights([])).toEqual([])
})

test('a column that fills up is another shape', () => {
  expect(shapeKey([bar(5)])).not.toBe(shapeKey([bar(5, true)]))
})
