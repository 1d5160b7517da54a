import { describe, expect, test } from 'vitest'
import type { LatencySample } from '../sync'
import { type Cut, Cuts, rhythm } from './cuts'
import { figuresOf, percentile } from './figures'
import { hopsOf } from './findings'
import type { Probe } from './probe'

const sample = (committedAt: number, total: number, over: Partial<LatencySample> = {}): LatencySample => ({
  seq: 1,
  type: 'ticket.updated',
  mine: false,
  committedAt,
  heardAt: committedAt + total * 0.6,
  appliedAt: committedAt + total * 0.8,
  paintedAt: committedAt + total,
  ...over,
})
const stream = { status: 200, firstMs: 6, frames: 5, spreadMs: 240, sentSpreadMs: 240 }
const probe: Probe = { roundTripMs: 4, stream, protocol: 'h2' }
const none = figuresOf([], 0)
const sentences = (hops: ReturnType<typeof hopsOf>) => hops.map((hop) => hop.sentence).filter(Boolean)

describe('figures', () => {
  test('half and 95 of 100 are values that were measured', () => {
    const values = Array.from({ length: 100 }, (_, n) => n + 1)

    expect(percentile(values, 0.5)).toBe(50)
    expect(percentile(values, 0.95)).toBe(95)
    expect(percentile([7], 0.95)).toBe(7)
    expect(percentile([], 0.5)).toBeNull()
  })

  test('the parts of the way add up to the whole', () => {
    const { half, hops } = figuresOf([sample(0, 40), sample(100, 40)], 1000)

    expect(half).toBe(40)
    expect(hops!.toBrowser + hops!.toTab + hops!.toScreen).toBeCloseTo(40)
  })

  test('events per second count the last minute only', () => {
    const samples = [sample(0, 10), ...Array.from({ length: 30 }, (_, n) => sample(100_000 + n, 10))]

    expect(figuresOf(samples, 110_000).rate).toBeCloseTo(0.5)
  })

  test('clocks that disagree never make a negative way', () => {
    expect(figuresOf([sample(1000, -5)], 2000).half).toBe(0)
  })
})

describe('cuts', () => {
  const live = { word: 'live', reason: null } as const
  const lost = { word: 'reconnecting', reason: null } as const

  test('each loss counts once, with its life before and its absence after', () => {
    const cuts = new Cuts()
    cuts.see(live, 0)
    cuts.see(lost, 300_000)
    cuts.see({ word: 'offline', reason: null }, 300_100)
    cuts.see({ word: 'catching', reason: null }, 300_200)
    cuts.see(live, 300_300)

    expect(cuts.since(0)).toEqual([{ at: 300_000, livedMs: 300_000, awayMs: 300 }])
  })

  test('a restart that was announced is no cut', () => {
    const cuts = new Cuts()
    cuts.see(live, 0)
    cuts.see({ word: 'reconnecting', reason: 'restart' }, 5_000)
    cuts.see(live, 6_000)

    expect(cuts.since(0)).toEqual([])
  })

  test('a proxy’s timeout shows as a rhythm, chance does not', () => {
    const cut = (livedMs: number): Cut => ({ at: 0, livedMs, awayMs: 300 })

    expect(rhythm([cut(300_000), cut(300_900), cut(299_000), cut(300_100)])).toBeCloseTo(300_100, -3)
    expect(rhythm([cut(5_000), cut(300_000), cut(60_000)])).toBeNull()
    expect(rhythm([cut(300_000), cut(300_000)])).toBeNull()
  })
})

describe('hops', () => {
  test('a proxy that ends streams is named with its rhythm', () => {
    const cuts = Array.from({ length: 12 }, () => ({ at: 0, livedMs: 300_000, awayMs: 320 }))

    expect(hopsOf(none, probe, cuts, true).find((hop) => hop.key === 'cuts')).toMatchObject({
      figure: 'cut 12 times today',
      ok: false,
      sentence:
        'It ends every stream after 5 minutes. Each time you were back in 0.3 s and missed nothing. A longer timeout there stops the cuts.',
    })
  })

  test('a hop that holds events back is told by the events and by a fresh stream', () => {
    const held = figuresOf([sample(0, 7000)], 8000)

    expect(sentences(hopsOf(held, undefined, [], true))[0]).toBe(
      'Something on the way holds events back for about 4 s. Switch response buffering off in the proxy.',
    )
    expect(sentences(hopsOf(none, { ...probe, stream: { ...stream, firstMs: null } }, [], true))).toEqual([
      'Something on the way holds events back for more than 6 s. Switch response buffering off in the proxy.',
    ])
  })

  test('nothing at fault says nothing', () => {
    expect(sentences(hopsOf(figuresOf([sample(0, 30)], 1000), probe, [], true))).toEqual([])
  })
})
