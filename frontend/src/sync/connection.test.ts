/** What is told on return, over a real link whose streams, requests and clock are in the test's hands. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Answer } from '../api/request'
import { ConnectionTeller } from './connection'
import { openLink } from './link'
import type { PendingOp } from './operation'
import { Outbox } from './outbox'

const sources: Source[] = []

class Source extends EventTarget {
  readyState = 0
  onopen: ((e: unknown) => void) | null = null
  onerror: ((e: unknown) => void) | null = null
  onmessage: ((e: unknown) => void) | null = null

  constructor() {
    super()
    sources.push(this)
  }

  close(): void {
    this.readyState = 2
  }

  async open(): Promise<void> {
    this.readyState = 1
    this.onopen?.({})
    await vi.advanceTimersByTimeAsync(0)
  }

  async fail(): Promise<void> {
    this.readyState = 0
    this.onerror?.({})
    await vi.advanceTimersByTimeAsync(0)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', Source)
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  sources.length = 0
})

async function world() {
  let answers = true
  const outbox = new Outbox({
    async send(): Promise<Answer> {
      if (!answers) throw new TypeError('Failed to fetch')
      const said = { ok: true, status: 200, body: { version: 2 }, seq: 1, topic: 'board/7', etag: null }
      return { ...said, retryAfterMs: 0, serverDate: null, sentAt: 0, answeredAt: 0 }
    },
    storage: { put: () => {}, delete: () => {} },
    now: () => Date.now(),
    random: () => 0.5,
    after(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  })
  outbox.listen(7, () => {})
  const link = openLink({ person: 3, base: 'http://here.test/', holder: 'tab' })
  const told: number[] = []
  const online = () => true
  const teller = new ConnectionTeller({ link, outbox, now: () => Date.now(), online }, () => {})
  teller.onBack = (sent) => told.push(sent)
  link.watch('board/7', { cursor: () => null, receive: () => {} })
  let count = 0
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
  await pass(0)
  await sources.at(-1)!.open()
  return {
    told,
    pass,
    outbox,
    word: () => teller.current().word,
    answer: (does: boolean) => {
      answers = does
    },
    edit() {
      const command = { do: 'ticket.edit', id: 11, title: 'Mine' } as const
      const op = { op: `op${++count}`, board: 7, at: Date.now(), tab: 'tab', command, undo: false }
      const rest = { noun: 'ticket', id: 11, set: { title: 'Mine' }, seen: 1, state: 'queued', attempts: 0 }
      outbox.add({ ...op, ...rest } as PendingOp)
    },
    /** Fail every attempt at a stream for so long. */
    async away(ms: number) {
      for (let left = ms; left > 0; left -= 100) {
        const last = sources.at(-1)!
        if (last.readyState === 0) await last.fail()
        await pass(100)
      }
    },
    /** The next attempt at a stream succeeds. */
    async back() {
      const before = sources.length
      while (sources.length === before) await pass(50)
      await sources.at(-1)!.open()
    },
  }
}

test('a change that REST took before the stream was back counts among those saved', async () => {
  const w = await world()
  await sources.at(-1)!.fail()
  await w.away(4_000)
  w.edit() // the server answers again: it goes out at once
  await w.pass(0)
  expect(w.outbox.unsaved()).toBe(0)
  await w.back()
  await w.pass(1_000)
  expect(w.told).toEqual([1])
})

test('what waits is awaited; what is written after the return does not count', async () => {
  const w = await world()
  await sources.at(-1)!.fail()
  w.answer(false)
  w.edit()
  await w.away(4_000)
  await w.back()
  await w.pass(1_000)
  expect(w.told).toEqual([])
  w.answer(true)
  await w.pass(10)
  w.outbox.retry()
  w.edit()
  await w.pass(1_000)
  expect(w.told).toEqual([1])
})

test('a blink before it was told is part of the same absence', async () => {
  const w = await world()
  await sources.at(-1)!.fail()
  w.answer(false)
  w.edit()
  await w.away(4_000)
  w.answer(true)
  await w.back()
  w.outbox.retry()
  await w.pass(100)
  await sources.at(-1)!.fail()
  await w.back()
  await w.pass(1_000)
  expect(w.told).toEqual([1])
})

test('a blink alone is not told', async () => {
  const w = await world()
  await sources.at(-1)!.fail()
  await w.back()
  await w.pass(1_000)
  expect(w.told).toEqual([])
})
