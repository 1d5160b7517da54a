import { describe, expect, test } from 'vitest'
import { Times } from './times'

const now = Date.parse('2026-11-23T14:02:00Z')
const times = new Times('en', 'UTC')

describe('moments', () => {
  test.each([
    ['2026-11-23T14:01:56Z', '4 s ago'],
    ['2026-11-23T14:00:00Z', '2 min ago'],
    ['2026-11-23T11:32:00Z', '11:32'],
    ['2026-11-22T11:32:00Z', 'yesterday, 11:32'],
    ['2026-11-20T11:32:00Z', 'Friday'],
    ['2026-11-09T11:32:00Z', '9 Nov'],
    ['2025-11-09T11:32:00Z', '9 Nov 2025'],
    ['2026-11-23T14:03:00Z', 'just now'], // the server's clock may be ahead
  ])('%s is %s', (at, words) => expect(times.ago(at, now)).toBe(words))

  test.each([
    ['2026-11-23T13:48:00Z', '13:48'],
    ['2026-11-19T16:40:00Z', 'Thu'],
    ['2026-11-17T00:00:00Z', 'Tue'],
    ['2026-11-16T23:59:00Z', '16 Nov'],
  ])('%s is shortly %s', (at, words) => expect(times.short(at, now)).toBe(words))

  test('a moment names its day as the past banner does', () => {
    expect(times.moment('2026-11-19T16:40:00Z')).toBe('Thursday 19 November, 16:40')
  })

  test('today is the person’s today, not UTC’s', () => {
    const auckland = new Times('en', 'Pacific/Auckland')

    expect(auckland.short('2026-11-22T12:00:00Z', now)).toBe('Mon') // 23 November there; now is the 24th
    expect(auckland.short('2026-11-23T11:30:00Z', now)).toBe('00:30')
  })

  test('an unknown zone or language does not throw', () => {
    expect(new Times('not a locale', 'Nowhere/None').clock(now)).toMatch(/^\d\d:\d\d$/)
  })
})
