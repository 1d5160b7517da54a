import { expect, test } from 'vitest'
import { matches } from './filter'

const ticket = { id: 318, title: 'Cancellation push gives the réason' }

test.each([
  ['', true],
  ['  ', true],
  ['push cancel', true],
  ['REASON', true],
  ['#318', true],
  ['318', true],
  ['31', false],
  ['push boat', false],
])('%j', (filter, found) => {
  expect(matches(ticket, filter)).toBe(found)
})
