import { beforeEach, expect, test, vi } from 'vitest'

let asked: FrameRequestCallback[]
let at: number

beforeEach(() => {
  vi.resetModules()
  asked = []
  at = 0
  vi.stubGlobal('requestAnimationFrame', (run: FrameRequestCallback) => asked.push(run))
})

/** The screen's next frame, 60 of them a second. */
function frame(): void {
  at += 1000 / 60
  for (const run of asked.splice(0)) run(at)
}

test('a change is shown with the next frame', async () => {
  const { browserFrames } = await import('./frames')
  const run = vi.fn()

  browserFrames.before(run)
  frame()

  expect(run).toHaveBeenCalledTimes(1)
})

test('changes that never stop are shown with every other frame, all that came by then', async () => {
  const { browserFrames } = await import('./frames')
  const shown: number[] = []

  for (let n = 0; n < 12; n++) {
    if (!asked.length) browserFrames.before(() => shown.push(n))
    frame()
  }

  expect(shown).toHaveLength(6)
})

test('two boards are shown with the same frame', async () => {
  const { browserFrames } = await import('./frames')
  const one = vi.fn()
  const other = vi.fn()

  browserFrames.before(one)
  browserFrames.before(other)
  frame()

  expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 1])
})
