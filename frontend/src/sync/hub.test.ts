/** The hub against streams and a clock in the test's hands. */

import { expect, test } from 'vitest'
import { backoffMs, type Client, SILENCE_MS, StreamHub } from './hub'
import { formatVector, type HubState, parseVector, type ToTab } from './protocol'

type Listener = (e: unknown) => void

class FakeSource {
  readyState = 0
  onopen: Listener | null = null
  onmessage: Listener | null = null
  onerror: Listener | null = null
  private named = new Map<string, Listener>()

  constructor(readonly url: string) {}

  addEventListener(type: string, listener: Listener): void {
    this.named.set(type, listener)
  }

  close(): void {
    this.readyState = 2
  }

  open(): void {
    this.readyState = 1
    this.onopen?.({})
  }

  fail(refused = false): void {
    this.readyState = refused ? 2 : 0
    this.onerror?.({})
  }

  send(data: object, id = '', event?: string): void {
    if (this.readyState === 2) return
    const message = { data: JSON.stringify(data), lastEventId: id }
    if (event) this.named.get(event)?.(message)
    else this.onmessage?.(message)
  }

  event(topic: string, seq: number, id = `e1:${topic}=${seq}`): void {
    this.send({ topic, seq, type: 'ticket.updated' }, id)
  }

  snapshot(topic: string, seq: number, reason = 'start', epoch = 'e1'): void {
    this.send({ topic, seq, epoch, reason, state: {} }, `${epoch}:${topic}=${seq}`, 'snapshot')
  }

  beat(seq: Record<string, number>): void {
    this.send({ seq, at: '2026-01-01T00:00:00Z' }, '', 'heartbeat')
  }
}

function world() {
  let now = 1_000_000
  const timers: { at: number; run: () => void; off: boolean }[] = []
  const sources: FakeSource[] = []
  const requests: { url: string; answer: (status: number, retryAfter?: number) => void; fail: () => void }[] =
    []
  const hub = new StreamHub({
    eventSource(url) {
      const source = new FakeSource(url)
      sources.push(source)
      return source as unknown as EventSource
    },
    fetch: (url, init) =>
      new Promise((resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(new Error('aborted')))
        requests.push({
          url,
          answer: (status, retryAfter) =>
            resolve(
              new Response(null, { status, headers: retryAfter ? { 'Retry-After': `${retryAfter}` } : {} }),
            ),
          fail: () => reject(new TypeError('Failed to fetch')),
        })
      }),
    now: () => now,
    random: () => 0.5,
    after(ms, run) {
      const timer = { at: now + ms, run, off: false }
      timers.push(timer)
      return () => {
        timer.off = true
      }
    },
  })
  function join(person = 3) {
    const got: ToTab[] = []
    const client: Client = { send: (message) => got.push(message) }
    hub.receive(client, { t: 'hello', lock: '', base: 'http://here/', person })
    const of = <T extends ToTab['t']>(t: T) => got.filter((m): m is Extract<ToTab, { t: T }> => m.t === t)
    return {
      client,
      got,
      of,
      seqs: (topic: string) => of('event').flatMap((m) => (m.topic === topic ? [m.seq] : [])),
      state: (): HubState => of('state').at(-1)!.state,
      watch: (topic: string, seq?: number) =>
        hub.receive(client, { t: 'watch', topic, cursor: seq === undefined ? null : { epoch: 'e1', seq } }),
      say: (t: 'nudge' | 'doubt' | 'bye') => hub.receive(client, { t }),
    }
  }
  async function pass(ms: number): Promise<void> {
    for (const end = now + ms; ; ) {
      await Promise.resolve()
      await Promise.resolve()
      const due = timers.filter((t) => !t.off && t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) {
        now = end
        break
      }
      now = Math.max(now, due.at)
      due.off = true
      due.run()
    }
    for (let i = 0; i < 8; i++) await Promise.resolve()
  }
  /** Time passes without any timer running, as with a lid closed. */
  const sleep = (ms: number) => {
    now += ms
  }
  const live = () => sources.filter((s) => s.readyState !== 2)
  return { hub, sources, requests, join, pass, sleep, live, source: () => sources.at(-1)! }
}

test('two tabs and three boards share one stream, and each hears only of its boards', async () => {
  const w = world()
  const a = w.join()
  const b = w.join()
  a.watch('board/1')
  a.watch('board/2')
  b.watch('board/2')
  b.watch('board/3')
  await w.pass(0)

  expect(w.live()).toHaveLength(1)
  expect(w.source().url).toBe('http://here/streams?board=1&board=2&board=3&me=true')

  w.source().open()
  for (const topic of ['board/1', 'board/2', 'board/3']) w.source().snapshot(topic, 5)
  w.source().event('board/2', 6)
  w.source().event('board/3', 6)

  expect([a.of('snapshot').length, b.of('snapshot').length]).toEqual([2, 2])
  expect([a.seqs('board/2'), b.seqs('board/2')]).toEqual([[6], [6]])
  expect([a.seqs('board/3'), b.seqs('board/3')]).toEqual([[], [6]])
  expect(a.state()).toMatchObject({ phase: 'open', tabs: 2 })
})

test('a tab that joins a topic later is told how far it has come', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1')
  await w.pass(0)
  w.source().open()
  w.source().snapshot('board/1', 5)
  const b = w.join()
  b.watch('board/1')

  expect(b.of('joined')).toEqual([{ t: 'joined', topic: 'board/1', cursor: { epoch: 'e1', seq: 5 } }])
  expect(w.sources).toHaveLength(1)
})

test('another board opens the next stream first, carries the cursors over and doubles nothing', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1')
  await w.pass(0)
  const first = w.source()
  first.open()
  first.snapshot('board/1', 5)
  a.watch('board/2')
  await w.pass(0)
  const second = w.source()

  expect(new URL(second.url).searchParams.get('after')).toBe('e1:board/1=5')
  expect(first.readyState).toBe(1)
  first.event('board/1', 6)
  second.open()
  expect(first.readyState).toBe(2)
  second.event('board/1', 6)
  second.event('board/1', 7)
  second.snapshot('board/2', 1)

  expect(a.seqs('board/1')).toEqual([6, 7])
  expect(a.of('snapshot').map((m) => m.topic)).toEqual(['board/1', 'board/2'])
})

test('the old stream may end while the next one opens', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  const first = w.source()
  first.open()
  first.send({ reason: 'rotate', retry: true }, '', 'bye')
  const second = w.source()
  first.fail()
  second.open()
  second.event('board/1', 6)

  expect(a.seqs('board/1')).toEqual([6])
  expect(a.of('state').some((m) => m.state.phase === 'waiting')).toBe(false)
})

test('a new stream that fails beside a working one takes nothing away', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  const first = w.source()
  first.open()
  a.watch('board/2')
  await w.pass(0)
  w.source().fail(true)
  w.requests.at(-1)!.answer(502)
  await w.pass(0)
  first.event('board/1', 6)
  expect(a.seqs('board/1')).toEqual([6])

  await w.pass(2_500)
  expect(w.live()).toHaveLength(2)
  expect(w.source().url).toContain('board=2')
})

test('an outage is outlasted: growing, jittered, short at first, and never given up', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  w.source().open()
  for (let i = 0; i < 200; i++) {
    const before = w.sources.length
    w.source().fail()
    expect(a.state().phase).toBe('waiting')
    for (let ms = 0; w.sources.length === before; ms += 250) {
      expect(ms).toBeLessThan(15_000)
      await w.pass(250)
    }
  }
  w.source().open()
  expect(a.state()).toMatchObject({ phase: 'open', nextTryAt: null })
  expect(w.source().url).toContain('after=e1%3Aboard%2F1%3D5')
  expect([0, 1, 2, 3, 4, 9].map((n) => backoffMs(n, 0, 1))).toEqual([500, 1000, 2000, 4000, 5000, 5000])
  expect(backoffMs(9, 61_000, 1)).toBe(15_000)
  expect(backoffMs(0, 0, 0)).toBe(250)
})

test('a 502 period is asked about and outlived; Retry-After is kept to', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  w.source().open()
  w.source().fail(true)
  expect(w.requests).toHaveLength(1)
  w.requests[0]!.answer(503, 7)
  await w.pass(6_900)
  expect(w.sources).toHaveLength(1)
  await w.pass(200)
  expect(w.sources).toHaveLength(2)
  expect(a.state().phase).toBe('connecting')
})

test('401 ends it with a word, until someone signs in again', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  w.source().fail(true)
  w.requests[0]!.answer(401)
  await w.pass(60_000)
  expect(a.state()).toMatchObject({ phase: 'refused', status: 401 })
  expect(w.sources).toHaveLength(1)

  a.say('nudge')
  expect(w.sources).toHaveLength(2)
})

test('25 s of silence or a sleep cut the stream, heartbeats keep it', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  w.source().open()
  for (let i = 0; i < 6; i++) {
    await w.pass(10_000)
    w.source().beat({ 'board/1': 5 })
  }
  expect(w.sources).toHaveLength(1)

  await w.pass(SILENCE_MS + 2_000)
  expect(w.sources.length).toBe(2)

  w.source().open()
  w.sleep(40_000)
  await w.pass(2_000)
  expect(w.sources.length).toBe(3)
  expect(a.state().phase).toBe('connecting')
})

test('a stream that never opens is given up for another', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(13_000)
  expect(w.sources.length).toBe(2)
  expect(w.live()).toHaveLength(1)
})

test('duplicates are dropped; a gap, or a heartbeat with another number, reconnects from the cursor', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  w.source().open()
  w.source().event('board/1', 5)
  w.source().event('board/1', 6)
  w.source().event('board/1', 6)
  w.source().event('board/1', 8)
  expect(a.seqs('board/1')).toEqual([6])
  await w.pass(1_000)
  expect(w.source().url).toContain('after=e1%3Aboard%2F1%3D6')

  w.source().open()
  w.source().event('board/1', 7)
  w.source().beat({ 'board/1': 9 })
  await w.pass(1_000)
  expect(w.sources).toHaveLength(3)
  expect(w.source().url).toContain('after=e1%3Aboard%2F1%3D7')
})

test('a snapshot may come at any time and replaces; a late one of a stream just opened does not', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 50)
  await w.pass(0)
  w.source().open()
  w.source().snapshot('board/1', 40, 'lagging')
  expect(a.of('snapshot')).toHaveLength(0)
  w.source().snapshot('board/1', 900, 'bulk')
  w.source().event('board/1', 901)
  w.source().snapshot('board/1', 3, 'epoch', 'e2')
  w.source().event('board/1', 4, 'e2:board/1=4')
  expect(a.of('snapshot').map((m) => m.reason)).toEqual(['bulk', 'epoch'])
  expect(a.seqs('board/1')).toEqual([901, 4])
  w.source().fail()
  await w.pass(1_000)
  expect(w.source().url).toContain('after=e2%3Aboard%2F1%3D4')
})

test('a farewell for one topic leaves the others; restart is said and outlived', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  a.watch('board/2', 5)
  await w.pass(0)
  w.source().open()
  w.source().send({ reason: 'revoked', topic: 'board/1', retry: true }, '', 'bye')
  w.source().event('board/2', 6)
  expect(a.of('ended')).toEqual([{ t: 'ended', topic: 'board/1', reason: 'revoked' }])
  expect(a.seqs('board/2')).toEqual([6])

  w.source().send({ reason: 'restart', retry: true }, '', 'bye')
  expect(a.state()).toMatchObject({ phase: 'waiting', reason: 'restart' })
  await w.pass(1_000)
  expect(w.source().url).not.toContain('board=1&')
  w.source().open()
  expect(a.state().reason).toBeNull()
})

test('a farewell that forbids coming back is asked about before anything is opened', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  w.source().open()
  w.source().send({ reason: 'expired', retry: false }, '', 'bye')
  await w.pass(0)
  expect(w.sources).toHaveLength(1)
  w.requests[0]!.answer(401)
  await w.pass(10_000)
  expect(a.state().phase).toBe('refused')
  expect(w.sources).toHaveLength(1)
})

test('a stream that answers as another person is closed before a tab hears of it (F72)', async () => {
  const w = world()
  const a = w.join(3)
  a.watch('user/3', 1)
  a.watch('board/1', 5)
  await w.pass(0)
  w.source().open()
  w.source().send({ topic: 'board/1', seq: 6 }, 'e1:board/1=6,user/9=1')
  expect(a.seqs('board/1')).toEqual([])
  expect(a.state().phase).toBe('other')
  await w.pass(60_000)
  expect(w.live()).toHaveLength(0)
  expect(w.sources).toHaveLength(1)
})

test('the hint "offline" is believed only when nobody answers', async () => {
  const w = world()
  const a = w.join()
  a.watch('board/1', 5)
  await w.pass(0)
  w.source().open()
  a.say('doubt')
  w.requests[0]!.answer(200)
  await w.pass(1_500)
  expect(a.state().phase).toBe('open')

  a.say('doubt')
  await w.pass(1_300)
  expect(a.state().phase).not.toBe('open')
})

test('when the last tab is gone the stream is closed; a topic nobody watches lingers, then goes', async () => {
  const w = world()
  const a = w.join()
  const b = w.join()
  a.watch('board/1', 5)
  b.watch('board/2', 5)
  await w.pass(0)
  w.source().open()
  b.say('bye')
  await w.pass(10_000)
  w.source().beat({})
  expect(w.sources).toHaveLength(1)
  await w.pass(12_000)
  expect(w.sources).toHaveLength(2)
  expect(w.source().url).not.toContain('board=2')
  expect(a.state().tabs).toBe(1)

  a.say('bye')
  expect(w.live()).toHaveLength(0)
})

test('vectors are read strictly and written in ascending bytes', () => {
  expect(
    formatVector('e1', [
      ['user/3', 9],
      ['board/10', 1],
      ['board/2', 4],
    ]),
  ).toBe('e1:board/10=1,board/2=4,user/3=9')
  expect(formatVector('e1', [])).toBeUndefined()
  expect([...parseVector('e1:board/10=1,user/3=9')!.seqs]).toEqual([
    ['board/10', 1],
    ['user/3', 9],
  ])
  for (const bad of ['', '42', 'e1:', 'e1:board/1', 'e1:board/1=x', ':board/1=1', 'e1:board/1=1,'])
    expect(parseVector(bad)).toBeUndefined()
})
