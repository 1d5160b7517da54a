import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ServerClock, timeOf } from './clock'

test('with nothing known, and with synchronised clocks, the difference is taken as none', () => {
  const clock = new ServerClock()
  expect(clock.offset()).toBe(0)
  clock.heard(1_000_000, 1_000_040)
  clock.caused(1_000_000, 999_980)
  expect(clock.offset()).toBe(0)
})

test('whatever the clocks differ by, the estimate is off by no more than the fastest way there and back', () => {
  const way = fc.integer({ min: 1, max: 400 })
  fc.assert(
    fc.property(
      fc.integer({ min: -10_000_000, max: 10_000_000 }),
      fc.array(fc.tuple(way, way), { minLength: 1, maxLength: 60 }),
      (difference, trips) => {
        const clock = new ServerClock()
        let now = 1_000_000_000
        for (const [there, back] of trips) {
          const at = now + there + difference
          clock.caused(at, now)
          clock.heard(at, now + there + back)
          now += 1_000
        }
        const best = Math.min(...trips.map(([there]) => there)) + Math.min(...trips.map(([, back]) => back))
        expect(Math.abs(clock.offset() - difference)).toBeLessThanOrEqual(best)
      },
    ),
  )
})

test('a clock that is set anew is believed after the next answer', () => {
  const clock = new ServerClock()
  for (let i = 0; i < 50; i++) {
    clock.caused(i * 1000 + 5, i * 1000)
    clock.heard(i * 1000 + 5, i * 1000 + 10)
  }
  clock.heard(3_600_000 + 60_005, 60_010)
  clock.caused(3_600_000 + 60_005, 60_000)
  expect(Math.abs(clock.offset() - 3_600_000)).toBeLessThanOrEqual(10)
})

test('a time with microseconds keeps them', () => {
  expect(timeOf('1970-01-01T00:00:01.123456Z')).toBeCloseTo(1123.456, 6)
  expect(timeOf('1970-01-01T00:00:01Z')).toBe(1000)
})
