import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { difference, type Stretch } from './difference'

const joined = (stretches: Stretch[]) => stretches.map((s) => s.text).join('')
const marked = (stretches: Stretch[]) => stretches.filter((s) => !s.same).map((s) => s.text.trim())

test('the words that differ are marked on both sides', () => {
  const { mine, theirs } = difference('Push says why', 'Push gives the reason and says why')

  expect(marked(mine)).toEqual([])
  expect(marked(theirs)).toEqual(['gives the reason and'])
})

test('texts with nothing in common are marked whole', () => {
  const { mine, theirs } = difference('one two', 'three')

  expect(marked(mine)).toEqual(['one two'])
  expect(marked(theirs)).toEqual(['three'])
})

test('both texts can be read whole from their stretches', () => {
  const text = fc.array(fc.constantFrom('a', 'b', ' ', '\n', 'ab', 'ü')).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, text, (mine, theirs) => {
      const out = difference(mine, theirs)
      expect(joined(out.mine)).toBe(mine)
      expect(joined(out.theirs)).toBe(theirs)
    }),
  )
})

test('equal texts have no mark', () => {
  fc.assert(fc.property(fc.string(), (text) => marked(difference(text, text).mine).length === 0))
})

test('two long texts are compared within a moment', () => {
  const long = (seed: number) => Array.from({ length: 20_000 }, (_, n) => `w${(n * seed) % 977}`).join(' ')

  const started = performance.now()
  difference(long(7), long(11))

  expect(performance.now() - started).toBeLessThan(1000)
})
