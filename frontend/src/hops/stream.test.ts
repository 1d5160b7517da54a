import { expect, test } from 'vitest'
import { heldMs, heldSentence, type Trial, WAIT_MS } from './stream'

const fine: Trial = { status: 200, firstMs: 12, frames: 5, spreadMs: 240, sentSpreadMs: 240 }

test('frames that come as they were sent are not held', () => {
  expect(heldMs(fine, 10)).toBe(0)
  expect(heldMs({ ...fine, spreadMs: 100 }, 10)).toBe(0) // a busy machine
})

test('frames that come all at once were held until the last was there', () => {
  expect(heldMs({ ...fine, firstMs: 252, spreadMs: 1 }, 10)).toBe(242)
})

test('a first frame seconds late, or none at all, was held', () => {
  expect(heldMs({ ...fine, firstMs: 4_010 }, 10)).toBe(4_000)
  expect(heldMs({ ...fine, firstMs: null, frames: 0, spreadMs: 0 }, 10)).toBe(WAIT_MS)
})

test('the sentence names the time when there is one worth naming', () => {
  expect(heldSentence(4_000)).toBe(
    'Something on the way holds events back for about 4 s. Switch response buffering off in the proxy.',
  )
  expect(heldSentence(242)).toBe(
    'Something on the way holds events back. Switch response buffering off in the proxy.',
  )
  expect(heldSentence(WAIT_MS, true)).toContain('for more than 6 s')
})
