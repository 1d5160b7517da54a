/** What reaches one board from stream and REST, put in line: no gap, no duplicate, transactions whole. */

import type { Send } from '../api/request'
import type { BoardBase } from './base'
import type { Cursor, ToTab } from './protocol'
import type { BoardSnapshot, Id, TopicEvent } from './types'

export type Arrival = { snapshot: BoardSnapshot } | { event: TopicEvent; heardAt: number; live: boolean }

export interface InflowOwner {
  arrived(): void
  /** Events are being fetched, this many; null: no more. 0: nobody knows how many. */
  missing(behind: number | null): void
  /** REST answered, or did not, while the stream was away. */
  polled(ok: boolean): void
  /** There is no such board, or not for me. */
  refused(status: number): void
  /** The time of this clock at which it was committed. */
  committedAt(event: TopicEvent): number
}

const PAGE = 500
const POLL_MS = 5_000
const FIRST_POLL_MS = 1_500 // with no snapshot by then, ask REST
const AGAIN_MS = 1_000
const SLACK_MS = 1_000 // the two clocks are only estimated against each other

export class Inflow {
  /** In line, not yet taken. */
  private line: Arrival[] = []
  /** The number up to which everything is here or in line; null before the first snapshot. */
  private tail: number | null = null
  /** Came before what belongs in front of it. */
  private early: Extract<Arrival, { event: TopicEvent }>[] = []
  /** What came in while a snapshot was being fetched, which may be older. */
  private meanwhile: Extract<Arrival, { event: TopicEvent }>[] | null = null
  private epoch = ''
  private catchingUp = false
  private reloading = false
  private open = false
  private openedAt = 0
  private replayed = 0
  private etag: string | null = null
  private pollTimer: ReturnType<typeof setTimeout> | undefined
  private closed = false
  private gone = false

  constructor(
    private readonly board: Id,
    private readonly send: Send,
    private readonly owner: InflowOwner,
  ) {
    this.pollTimer = setTimeout(() => void this.poll(), FIRST_POLL_MS)
  }

  close(): void {
    this.closed = true
    clearTimeout(this.pollTimer)
  }

  /** Where to go on from. What is in line but not taken is asked for again. */
  rewind(base: BoardBase): Cursor | null {
    this.line = []
    this.early = []
    this.tail = base.board ? base.seq : null
    return base.board ? { epoch: base.epoch, seq: base.seq } : null
  }

  /** Takes what is whole: a transaction whose last event is not here yet stays in line. */
  take(): Arrival[] {
    let whole = this.line.length
    while (whole > 0) {
      const item = this.line[whole - 1]!
      if ('snapshot' in item || !item.event.more) break
      whole--
    }
    return this.line.splice(0, whole)
  }

  /** How many events came in that were committed while the stream was away. Counts from zero again. */
  takeReplayed(): number {
    const count = this.replayed
    this.replayed = 0
    return count
  }

  streaming(open: boolean): void {
    if (open && !this.open) {
      this.openedAt = Date.now()
      if (this.early.length) void this.catchUp(this.early.at(-1)!.event.seq)
    }
    if (!open && this.open) this.schedulePoll()
    this.open = open
  }

  receive(message: Extract<ToTab, { topic: string }>): void {
    if (message.t === 'event') {
      const event = JSON.parse(message.data) as TopicEvent
      const live = this.open && this.owner.committedAt(event) > this.openedAt - SLACK_MS
      if (!live) this.replayed++
      this.event({ event, heardAt: message.heardAt, live })
    } else if (message.t === 'snapshot') {
      const frame = JSON.parse(message.data) as { state: BoardSnapshot; seq: number; epoch?: string }
      this.snapshot({ ...frame.state, seq: frame.seq, epoch: frame.epoch ?? frame.state.epoch })
    } else if (message.t === 'joined') {
      if (this.tail === null || message.cursor.epoch !== this.epoch) this.reload()
      else if (message.cursor.seq > this.tail) void this.catchUp(message.cursor.seq)
    }
  }

  snapshot(snapshot: BoardSnapshot): void {
    this.gone = false
    this.line = [{ snapshot }]
    this.tail = snapshot.seq
    this.epoch = snapshot.epoch
    this.owner.arrived()
    this.drain()
  }

  private event(item: Extract<Arrival, { event: TopicEvent }>): void {
    const { seq } = item.event
    this.meanwhile?.push(item)
    if (this.tail !== null && seq <= this.tail) return
    if (this.tail === null || seq > this.tail + 1) {
      this.early.push(item)
      if (this.tail !== null) void this.catchUp(seq - 1)
      return
    }
    this.line.push(item)
    this.tail = seq
    this.owner.arrived()
    if (this.early.length) this.drain()
  }

  /** Puts in line what came early and fits now. */
  private drain(): void {
    const early = this.early.sort((a, b) => a.event.seq - b.event.seq)
    this.early = []
    for (const item of early) this.event(item)
  }

  /** Fetches the events up to `to`; a snapshot instead when they are too many or the log does not reach back. */
  private async catchUp(to: number): Promise<void> {
    if (this.catchingUp || this.reloading || this.tail === null || this.closed) return
    this.catchingUp = true
    this.owner.missing(to - this.tail)
    const from = this.tail
    try {
      const answer = await this.send({
        method: 'GET',
        path: `api/boards/${this.board}/events?after_seq=${from}&limit=${PAGE}`,
      })
      const events: TopicEvent[] = answer.ok
        ? Array.isArray(answer.body)
          ? answer.body
          : (answer.body?.events ?? [])
        : []
      const sorted = [...events].sort((a, b) => a.seq - b.seq)
      const heardAt = Date.now()
      if (sorted[0]?.seq === from + 1 && this.tail === from) {
        this.replayed += sorted.length
        for (const event of sorted) this.event({ event, heardAt, live: false })
        this.drain()
      } else if (this.tail === from) this.reload()
      this.settled()
    } catch {
      setTimeout(() => this.again(), AGAIN_MS)
    } finally {
      this.catchingUp = false
    }
  }

  private again(): void {
    if (this.closed || !this.open) return // the stream's return asks by itself
    if (this.early.length) void this.catchUp(this.early.at(-1)!.event.seq)
    else this.reload()
  }

  /** Fetches the whole board. */
  reload(): void {
    if (this.reloading || this.closed) return
    this.reloading = true
    this.meanwhile = []
    this.owner.missing(0)
    void this.fetch(null).then((ok) => {
      this.reloading = false
      this.meanwhile = null
      if (ok) this.settled()
      else setTimeout(() => !this.closed && this.open && this.reload(), AGAIN_MS)
    })
  }

  private settled(): void {
    if (!this.early.length) this.owner.missing(null)
  }

  /** True when REST answered for this board, with something new or nothing new. */
  private async fetch(etag: string | null): Promise<boolean> {
    try {
      const answer = await this.send({
        method: 'GET',
        path: `api/boards/${this.board}`,
        ...(etag ? { etag } : {}),
      })
      if (this.closed) return false
      if (answer.status === 304) return true
      if (answer.status === 403 || answer.status === 404) {
        this.gone = true
        this.owner.refused(answer.status)
        return true
      }
      if (!answer.ok || !answer.body?.board) return false
      this.etag = answer.etag
      this.fetched(answer.body as BoardSnapshot)
      return true
    } catch {
      return false
    }
  }

  private fetched(snapshot: BoardSnapshot): void {
    const newer = this.meanwhile?.filter((item) => item.event.seq > snapshot.seq) ?? []
    const older = this.tail !== null && snapshot.epoch === this.epoch && snapshot.seq < this.tail
    // Older than what is held, with nothing kept to bridge the difference: no news.
    if (older && newer[0]?.event.seq !== snapshot.seq + 1) return
    this.snapshot(snapshot)
    this.meanwhile = null
    for (const item of newer) this.event(item)
  }

  // Without the stream ------------------------------------------------------------------------------------------------

  private schedulePoll(): void {
    clearTimeout(this.pollTimer)
    if (!this.closed) this.pollTimer = setTimeout(() => void this.poll(), POLL_MS)
  }

  /** Writes are REST, so a board without its stream is still of use: read it again and again. */
  private async poll(): Promise<void> {
    if (this.closed || this.gone || (this.open && this.tail !== null)) return
    if (!this.reloading) {
      this.meanwhile = []
      const ok = await this.fetch(this.tail === null ? null : this.etag)
      if (!this.reloading) this.meanwhile = null
      if (!this.open) this.owner.polled(ok)
    }
    this.schedulePoll()
  }
}
