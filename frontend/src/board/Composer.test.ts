import { expect, test } from 'vitest'
import { titlesIn } from './Composer'

test('a pasted list becomes one title for each line, without its bullets', () => {
  expect(titlesIn('- one\n* two\n\n3. three\r\n- [ ] four\n   \n•  five')).toEqual([
    'one',
    'two',
    'three',
    'four',
    'five',
  ])
})

test('a line that only looks like a bullet stays whole', () => {
  expect(titlesIn('-5 degrees')).toEqual(['-5 degrees'])
  expect(titlesIn('2.5 knots')).toEqual(['2.5 knots'])
})

test('nothing is no title', () => {
  expect(titlesIn(' \n\n')).toEqual([])
})
