import { describe, expect, test } from 'vitest'
import { Times } from '../history/times'
import { buckets, DAY, heightOf, marks, momentOf, scaleOf, seqAt, xOf } from './timeline'

const now = Date.parse('2026-11-23T14:00:00Z')
const moments = [
  { seq: 3, at: now - 10 * DAY },
  { seq: 4, at: now - 5 * DAY },
  { seq: 5, at: now - 5 * DAY },
  { seq: 9, at: now - DAY },
]
const scale = scaleOf(moments, now, 1000)
const utc = () => 0

describe('where an event stands', () => {
  test('a place means the last event until then', () => {
    for (const { at, seq } of moments)
      expect(seqAt(xOf(at, scale) + 1, moments, scale)).toBe(seq === 4 ? 5 : seq)
    expect(seqAt(-50, moments, scale)).toBe(3)
    expect(seqAt(5000, moments, scale)).toBe(9)
    expect(seqAt(10, [], scale)).toBe(0)
  })

  test('a number between two events means the one before', () => {
    expect(momentOf(7, moments)?.seq).toBe(5)
    expect(momentOf(2, moments)).toBeUndefined()
  })

  test('a board made this very second has a width', () => {
    const { from, to } = scaleOf([{ seq: 1, at: now }], now, 100)

    expect(to - from).toBeGreaterThan(0)
    expect(xOf(now, { from, to, width: 100 })).toBeLessThan(100)
  })
})

describe('ticks', () => {
  test('events on one place are one taller tick', () => {
    expect(buckets(moments, scale).map((bucket) => [bucket.seq, bucket.count])).toEqual([
      [3, 1],
      [5, 2],
      [9, 1],
    ])
    expect(heightOf(2, 2)).toBeGreaterThan(heightOf(1, 2))
  })

  test('ten thousand events stay a few hundred ticks', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => ({ seq: n, at: now - DAY + n * 8_000 }))

    expect(buckets(many, scaleOf(many, now, 1400)).length).toBeLessThan(360)
  })
})

describe('marks', () => {
  test('days begin at midnight where the person is', () => {
    const zone = new Times('en', 'Pacific/Auckland')
    const found = marks(scale, (at) => zone.offset(at))

    expect(found.length).toBeGreaterThan(4)
    for (const { at, day } of found) {
      expect(day).toBe(true)
      expect(zone.clock(at)).toBe('00:00')
    }
  })

  test('a short past is marked in hours or minutes', () => {
    const hour = scaleOf([{ seq: 1, at: now - 3_600_000 }], now, 1000)
    const found = marks(hour, utc)

    expect(found.length).toBeGreaterThan(2)
    expect(found.every((mark) => mark.at % 300_000 === 0)).toBe(true)
  })

  test('labels never run into each other', () => {
    for (const days of [0.01, 0.3, 1, 3, 12, 80, 500]) {
      const wide = scaleOf([{ seq: 1, at: now - days * DAY }], now, 900)
      const xs = marks(wide, utc).map((mark) => mark.x)
      for (let i = 1; i < xs.length; i++) expect(xs[i]! - xs[i - 1]!).toBeGreaterThan(60)
    }
  })
})
