import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let asked: FrameRequestCallback[]
let at: number

beforeEach(() => {
  vi.resetModules()
  asked = []
  at = 0
  vi.stubGlobal('requestAnimationFrame', (run: FrameRequestCallback) => asked.push(run))
  vi.spyOn(performance, 'now').mockImplementation(() => at)
})
afterEach(() => vi.unstubAllGlobals())

/** The screen's next frame, 60 of them a second, and what comes when it has been drawn. */
async function frame(): Promise<void> {
  at += 1000 / 60
  for (const run of asked.splice(0)) run(at)
  await new Promise((resolve) => setTimeout(resolve, 1))
}

test('a change is shown with the next frame', async () => {
  const { browserFrames } = await import('./frames')
  const run = vi.fn()

  browserFrames.before(run)
  await frame()

  expect(run).toHaveBeenCalledTimes(1)
})

test('changes that never stop are shown with every other frame, all that came by then', async () => {
  const { browserFrames } = await import('./frames')
  const shown: number[] = []

  for (let n = 0; n < 12; n++) {
    if (!asked.length) browserFrames.before(() => shown.push(n))
    await frame()
  }

  expect(shown).toHaveLength(6)
})

test('what takes 20 ms to show is shown after 80 ms again', async () => {
  const { browserFrames } = await import('./frames')
  const shown: number[] = []

  for (let n = 0; n < 24; n++) {
    if (!asked.length)
      browserFrames.before(() => {
        shown.push(at)
        at += 20
      })
    await frame()
  }

  const gaps = shown.slice(1).map((time, n) => time - shown[n]!)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(80)
  expect(Math.max(...gaps)).toBeLessThan(120)
})

test('two boards are shown with the same frame', async () => {
  const { browserFrames } = await import('./frames')
  const one = vi.fn()
  const other = vi.fn()

  browserFrames.before(one)
  browserFrames.before(other)
  await frame()

  expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 1])
})
