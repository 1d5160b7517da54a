/** Holds the one stream of this browser for all tabs and boards: opens it, watches over it, never gives up. */

import {
  type Cursor,
  formatVector,
  type HubState,
  parseFrame,
  parseVector,
  type ToHub,
  type ToTab,
  userTopic,
} from './protocol'

export const SILENCE_MS = 25_000
const CONNECT_MS = 10_000
const TICK_MS = 1_000
const SLEPT_MS = 30_000
const LINGER_MS = 20_000 // a reload or a change of page must not reopen the stream twice
const MAX_TOPICS = 99 // the server takes 100, one of them is the person's own

/** What the hub needs of the browser; a test brings its own. */
export interface Surroundings {
  eventSource(url: string): EventSource
  fetch(url: string, init: RequestInit): Promise<Response>
  now(): number
  random(): number
  after(ms: number, run: () => void): () => void
}

export interface Client {
  send(message: ToTab): void
}

/** Delay before attempt n (0, 1, 2 …), in ms; short in the first minute of an outage. */
export function backoffMs(attempt: number, downForMs: number, random: number): number {
  const cap = downForMs < 60_000 ? 5_000 : 15_000
  return Math.min(cap, 500 * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2)
}

interface Topic {
  cursor: Cursor | null
  clients: Set<Client>
  /** When the last client left. */
  idleSince: number | null
}

export class StreamHub {
  private topics = new Map<string, Topic>()
  private clients = new Set<Client>()
  private source: EventSource | undefined
  private next: EventSource | undefined
  private epoch = ''
  private base = ''
  private person = 0
  private attempt = 0
  private lostAt: number | null = null
  private lastTick: number
  private cancelRetry: (() => void) | undefined
  private cancelTick: (() => void) | undefined
  private reopening = false
  private dead = false
  private state: HubState

  constructor(private readonly env: Surroundings) {
    this.lastTick = env.now()
    this.state = {
      phase: 'idle',
      since: env.now(),
      openedAt: null,
      heardAt: null,
      nextTryAt: null,
      reason: null,
      status: null,
      tabs: 0,
    }
  }

  receive(client: Client, message: ToHub): void {
    switch (message.t) {
      case 'hello':
        this.base = message.base
        this.person = message.person
        this.clients.add(client)
        if (!this.cancelTick) this.tick()
        this.tell({ tabs: this.clients.size })
        break
      case 'watch':
        this.watch(client, message.topic, message.cursor)
        break
      case 'unwatch':
        this.unwatch(client, message.topic)
        break
      case 'nudge':
        this.nudge()
        break
      case 'doubt':
        void this.doubt()
        break
      case 'bye':
        this.leave(client)
        break
      case 'die':
        this.close()
    }
  }

  /** The tab is gone; what only it watched lingers a little. */
  leave(client: Client): void {
    if (!this.clients.delete(client)) return
    for (const topic of this.topics.keys()) this.unwatch(client, topic)
    if (this.clients.size === 0) {
      this.drop()
      this.topics.clear()
      this.cancelTick?.()
      this.cancelTick = undefined
      this.tell({ phase: 'idle', nextTryAt: null, tabs: 0 })
    } else {
      this.tell({ tabs: this.clients.size })
    }
  }

  close(): void {
    this.dead = true
    this.drop()
    this.cancelTick?.()
  }

  private watch(client: Client, name: string, cursor: Cursor | null): void {
    const known = this.topics.get(name)
    if (known) {
      known.clients.add(client)
      known.idleSince = null
      if (known.cursor) client.send({ t: 'joined', topic: name, cursor: known.cursor })
      return
    }
    this.topics.set(name, { cursor, clients: new Set([client]), idleSince: null })
    if (cursor && !this.epoch) this.epoch = cursor.epoch
    this.reopen()
  }

  private unwatch(client: Client, name: string): void {
    const topic = this.topics.get(name)
    if (topic?.clients.delete(client) && topic.clients.size === 0) topic.idleSince = this.env.now()
  }

  /** Opens a stream for the topics as they are now, in place of the present one; once per turn. */
  private reopen(): void {
    if (this.reopening) return
    this.reopening = true
    queueMicrotask(() => {
      this.reopening = false
      if (this.state.phase !== 'refused' && this.state.phase !== 'other' && this.state.phase !== 'waiting')
        this.open()
    })
  }

  private url(): string {
    const boards: string[] = []
    const seqs: [string, number][] = []
    for (const [name, topic] of [...this.topics].slice(-MAX_TOPICS)) {
      if (name.startsWith('board/')) boards.push(name.slice(6))
      if (topic.cursor && topic.cursor.epoch === this.epoch) seqs.push([name, topic.cursor.seq])
    }
    const query = new URLSearchParams(boards.map((id) => ['board', id]))
    query.set('me', 'true')
    const after = formatVector(this.epoch, seqs)
    if (after) query.set('after', after)
    return `${this.base}streams?${query}`
  }

  private open(): void {
    if (this.dead || !this.clients.size) return
    this.cancelRetry?.()
    this.next?.close()
    const source = this.env.eventSource(this.url())
    this.next = source
    if (!this.source) this.tell({ phase: 'connecting', nextTryAt: null })
    const mine = () => this.next === source || this.source === source
    source.onopen = () => {
      if (this.next !== source) return
      this.source?.close() // only now: the old one went on delivering until here
      this.source = source
      this.next = undefined
      this.lostAt = null
      const now = this.env.now()
      this.tell({ phase: 'open', openedAt: now, heardAt: now, nextTryAt: null, reason: null, status: null })
    }
    source.onmessage = (e) => mine() && this.event(e)
    source.addEventListener('snapshot', (e) => mine() && this.snapshot(e))
    source.addEventListener('heartbeat', (e) => mine() && this.heartbeat(e))
    source.addEventListener('presence', (e) => mine() && this.all({ t: 'presence', data: e.data }))
    source.addEventListener('bye', (e) => mine() && this.bye(e))
    source.onerror = () => {
      if (!mine()) return
      const refused = source.readyState === 2
      source.close()
      if (this.source === source) this.source = undefined
      else this.next = undefined
      if (this.next) return // the old stream ended while the new one is being opened: as planned
      if (!this.source) this.lost(refused ? 'refused' : 'cut', refused)
      else void this.diagnose() // the newcomer failed while the old stream still delivers: keep that, and find out
    }
  }

  /** The browser's own reconnecting is not used: it gives up at the first 502 and knows no jitter. */
  private lost(reason: string, ask: boolean): void {
    this.drop()
    this.lostAt ??= this.env.now()
    this.tell({
      phase: 'waiting',
      reason: this.state.reason === 'restart' ? 'restart' : reason,
      nextTryAt: null,
    })
    if (ask) void this.diagnose()
    else this.retry()
  }

  private drop(): void {
    this.cancelRetry?.()
    this.cancelRetry = undefined
    this.source?.close()
    this.next?.close()
    this.source = this.next = undefined
  }

  private retry(atLeastMs = 0): void {
    if (this.dead) return
    this.cancelRetry?.()
    const downFor = this.lostAt === null ? 0 : this.env.now() - this.lostAt
    const delay = Math.max(atLeastMs, backoffMs(this.attempt++, downFor, this.env.random()))
    this.cancelRetry = this.env.after(delay, () => this.open())
    this.tell({ phase: 'waiting', nextTryAt: this.env.now() + delay })
  }

  /** An EventSource that was refused does not say why; a plain request to the same place does. */
  private async diagnose(): Promise<void> {
    const abort = new AbortController()
    const cancel = this.env.after(5_000, () => abort.abort())
    let status = 0
    let retryAfterMs = 0
    try {
      const answer = await this.env.fetch(this.url(), {
        headers: { Accept: 'text/event-stream' },
        cache: 'no-store',
        signal: abort.signal,
      })
      status = answer.status
      retryAfterMs = 1000 * (Number(answer.headers.get('Retry-After')) || 0)
    } catch {
      // No answer at all: status 0.
    } finally {
      cancel()
      abort.abort() // the body would be a stream
    }
    if (this.dead) return
    if (status === 401) {
      this.drop()
      this.tell({ phase: 'refused', status, nextTryAt: null })
    } else if (!this.source) {
      this.tell({ status })
      this.retry(Math.min(retryAfterMs, 15_000))
    } else if (status !== 200) {
      this.cancelRetry = this.env.after(2_000, () => this.open())
    } else {
      this.open()
    }
  }

  private nudge(): void {
    if (this.state.phase === 'open' || this.state.phase === 'idle') return
    this.attempt = 0
    if (!this.next) this.open()
  }

  /** `offline` is only a hint, and an open stream may outlive it: ask, and believe the answer. */
  private async doubt(): Promise<void> {
    if (this.state.phase !== 'open') return
    const asked = this.env.now()
    const abort = new AbortController()
    const cancel = this.env.after(1_200, () => abort.abort())
    try {
      await this.env.fetch(`${this.base}health/live`, { cache: 'no-store', signal: abort.signal })
    } catch {
      if (this.state.phase === 'open' && (this.state.heardAt ?? 0) <= asked) this.lost('offline', false)
    } finally {
      cancel()
    }
  }

  // Frames ------------------------------------------------------------------------------------------------------------

  private heard(id: string): number {
    const now = this.env.now()
    this.state.heardAt = now
    this.attempt = 0
    const vector = id ? parseVector(id) : undefined
    if (vector) {
      this.epoch = vector.epoch
      for (const topic of vector.seqs.keys()) this.checkPerson(topic)
    }
    return now
  }

  /** The cookie may have become another person's under our feet: nothing of theirs may reach these tabs. */
  private checkPerson(topic: string): void {
    if (!topic.startsWith('user/') || topic === userTopic(this.person)) return
    this.drop()
    this.tell({ phase: 'other', nextTryAt: null })
  }

  private event(e: MessageEvent<string>): void {
    const heardAt = this.heard(e.lastEventId)
    const frame = parseFrame(e.data)
    const topic = frame && this.topics.get(frame.topic)
    if (!topic || this.state.phase === 'other') return
    const last = topic.cursor?.seq
    if (last === undefined || frame.seq <= last) return
    if (frame.seq > last + 1) return this.resume('gap')
    topic.cursor = { epoch: this.epoch, seq: frame.seq }
    for (const client of topic.clients)
      client.send({ t: 'event', topic: frame.topic, seq: frame.seq, data: e.data, heardAt })
  }

  private snapshot(e: MessageEvent<string>): void {
    const heardAt = this.heard(e.lastEventId)
    const frame = parseFrame(e.data)
    const topic = frame && this.topics.get(frame.topic)
    if (!topic || this.state.phase === 'other') return
    const epoch = frame.epoch ?? this.epoch
    const reason = frame.reason ?? 'start'
    // A stream that was opened while the last one still delivered may offer less than we have.
    const behind = topic.cursor?.epoch === epoch && frame.seq < topic.cursor.seq
    if (behind && !['start', 'ahead', 'epoch', 'malformed'].includes(reason)) return
    topic.cursor = { epoch, seq: frame.seq }
    for (const client of topic.clients)
      client.send({ t: 'snapshot', topic: frame.topic, data: e.data, reason, heardAt })
  }

  private heartbeat(e: MessageEvent<string>): void {
    const heardAt = this.heard(e.lastEventId)
    let beat: { seq?: Record<string, number>; at?: string }
    try {
      beat = JSON.parse(e.data)
    } catch {
      return
    }
    for (const [name, seq] of Object.entries(beat.seq ?? {})) {
      this.checkPerson(name)
      const topic = this.topics.get(name)
      // A topic not delivered yet, or whose stream is being replaced, proves nothing.
      if (topic?.cursor && !this.next && topic.cursor.seq !== seq) return this.resume('gap')
    }
    this.all({ t: 'heartbeat', at: beat.at ?? '', heardAt })
  }

  private resume(reason: string): void {
    this.drop()
    this.lostAt ??= this.env.now()
    this.tell({ phase: 'waiting', reason })
    this.retry()
  }

  private bye(e: MessageEvent<string>): void {
    this.heard('')
    let bye: { reason?: string; topic?: string; retry?: boolean }
    try {
      bye = JSON.parse(e.data)
    } catch {
      return
    }
    if (bye.topic) {
      const topic = this.topics.get(bye.topic)
      this.topics.delete(bye.topic)
      for (const client of topic?.clients ?? [])
        client.send({ t: 'ended', topic: bye.topic, reason: bye.reason ?? 'gone' })
      return
    }
    if (bye.reason === 'rotate') return this.open() // the next one first; its opening closes this one
    this.state.reason = bye.reason ?? null
    if (bye.retry === false || bye.reason === 'expired') this.lost(bye.reason ?? 'expired', true)
    else this.lost(bye.reason ?? 'bye', false)
  }

  // Time --------------------------------------------------------------------------------------------------------------

  private tick(): void {
    this.cancelTick = this.env.after(TICK_MS, () => this.tick())
    const now = this.env.now()
    const slept = now - this.lastTick > SLEPT_MS
    this.lastTick = now
    if (this.state.phase === 'open' && (slept || now - (this.state.heardAt ?? now) > SILENCE_MS)) {
      this.lost(slept ? 'sleep' : 'silence', false)
    } else if (this.state.phase === 'connecting' && now - this.state.since > CONNECT_MS) {
      this.lost('silence', false)
    } else if (slept && this.state.phase === 'waiting') {
      this.nudge()
    }
    for (const [name, topic] of this.topics) {
      if (topic.idleSince === null || now - topic.idleSince < LINGER_MS) continue
      this.topics.delete(name)
      if (this.state.phase === 'open') this.reopen()
    }
  }

  private tell(change: Partial<HubState>): void {
    const phase = change.phase ?? this.state.phase
    const since = phase === this.state.phase ? this.state.since : this.env.now()
    this.state = { ...this.state, ...change, since }
    this.all({ t: 'state', state: this.state })
  }

  private all(message: ToTab): void {
    for (const client of this.clients) client.send(message)
  }
}
