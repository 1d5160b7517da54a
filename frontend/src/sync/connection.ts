/** Puts the state of the stream into one of the words the dot can say. */

import { baseUrl } from '../api/request'
import type { Link } from './link'
import type { Outbox } from './outbox'
import type { HubState } from './protocol'
import type { Connection, ConnectionWord } from './types'

const OFFLINE_MS = 10_000
const PROBE_MS = 1_200
const BLINK_MS = 2_000 // a shorter absence is not worth a word
const REPLAY_MS = 500
const REPLAY_AT_MOST_MS = 8_000

export class ConnectionTeller {
  /** Back after an absence; called with how many of the changes made before the return are saved since it began. */
  onBack: (sent: number) => void = () => {}

  private connection: Connection | undefined
  private lostAt: number | null
  private behind: number | null = null
  private polledAt: number | null = null
  private heardAt: number | null = null
  private word: ConnectionWord = 'connecting'
  private since: number
  private wasOpen = false
  private openedAt = Number.POSITIVE_INFINITY // infinite while away
  private saved = 0 // of my changes, since it was lost
  private owed = false // back, and not told yet: a blink meanwhile is part of the same absence
  private unreachableAt = 0
  private unreachable = false // the browser says offline, and a request of this tab found it so
  private backTimer: ReturnType<typeof setTimeout> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly stops: (() => void)[]

  constructor(
    private readonly env: { link: Link; outbox: Outbox; now(): number; online(): boolean },
    private readonly changed: () => void,
  ) {
    this.lostAt = this.since = env.now()
    const online = () => {
      this.unreachable = false
      this.recompute()
    }
    const offline = () => void this.doubt()
    window.addEventListener('online', online)
    window.addEventListener('offline', offline)
    this.stops = [
      env.link.onState((state) => this.stream(state)),
      env.link.onHeartbeat((_at, heardAt) => this.heard(heardAt)),
      // Counted as they are saved: REST may answer before the stream does, and then nothing waits at its return.
      env.outbox.onSaved((op) => {
        if (op.at <= this.openedAt) this.saved++
      }),
      () => window.removeEventListener('online', online),
      () => window.removeEventListener('offline', offline),
      () => clearTimeout(this.timer),
      () => clearTimeout(this.backTimer),
    ]
    this.stream(env.link.state())
    if (!env.online()) offline()
  }

  close(): void {
    for (const stop of this.stops) stop()
  }

  current(): Connection {
    const state = this.env.link.state()
    this.connection ??= {
      word: this.word,
      since: this.word === 'live' || this.word === 'catching' ? this.since : this.awaySince(),
      heardAt: this.heardAt ?? state.heardAt,
      nextTryAt: state.nextTryAt,
      reason: state.reason,
      behind: this.behind,
      tabs: state.tabs,
      holder: this.env.link.holder(),
    }
    return this.connection
  }

  private awaySince(): number {
    return this.lostAt ?? (this.unreachable ? this.unreachableAt : this.since)
  }

  heard(at: number): void {
    this.heardAt = at
    this.connection = undefined // read when asked; not worth waking anyone
  }

  /** Events are missing and being fetched; null: none. */
  catching(behind: number | null): void {
    this.behind = behind
    this.recompute()
  }

  polled(ok: boolean): void {
    this.polledAt = ok ? this.env.now() : null
    this.recompute()
  }

  /** Up to when the board is known to hold everything. */
  completeAt(): number | null {
    if (this.word === 'live') return this.env.now()
    return Math.max(this.heardAt ?? 0, this.polledAt ?? 0) || null
  }

  /** `offline` is a hint that may be wrong, and the shared stream may outlive it: what counts is whether a request leaves. */
  private async doubt(): Promise<void> {
    this.recompute()
    try {
      await fetch(`${baseUrl()}health/live`, { cache: 'no-store', signal: AbortSignal.timeout(PROBE_MS) })
    } catch {
      if (this.env.online()) return
      this.unreachable = true
      this.unreachableAt = this.env.now()
      this.recompute()
    }
  }

  private stream(state: HubState): void {
    const open = state.phase === 'open'
    if (open && !this.wasOpen) {
      const away = this.lostAt === null ? 0 : this.env.now() - this.lostAt
      const first = this.word === 'connecting'
      this.lostAt = null
      this.polledAt = null
      this.heardAt = state.openedAt
      this.openedAt = this.env.now()
      if (!first && away > BLINK_MS) this.owed = true
      if (this.owed) this.tellBack(this.env.now() + REPLAY_AT_MOST_MS)
    } else if (!open && this.wasOpen) {
      this.lostAt = this.env.now()
      this.openedAt = Number.POSITIVE_INFINITY
      clearTimeout(this.backTimer)
      if (!this.owed) this.saved = 0
    }
    this.wasOpen = open
    this.recompute()
  }

  /** Once what was missed is here and what waited has gone out, or when that takes long. */
  private tellBack(until: number): void {
    this.backTimer = setTimeout(() => {
      if (this.env.outbox.busy() && this.env.now() < until) this.tellBack(until)
      else {
        this.owed = false
        this.onBack(this.saved)
      }
    }, REPLAY_MS)
  }

  private say(): ConnectionWord {
    const { phase } = this.env.link.state()
    if (phase === 'refused') return 'ended'
    if (phase === 'other') return 'other'
    if (this.unreachable) return 'offline'
    if (phase === 'open') return this.behind === null ? 'live' : 'catching'
    if (this.polledAt !== null) return 'polling'
    if (!this.env.online()) return 'offline'
    if (this.lostAt !== null && this.env.now() - this.lostAt >= OFFLINE_MS) return 'offline'
    return this.word === 'connecting' ? 'connecting' : 'reconnecting'
  }

  private recompute(): void {
    clearTimeout(this.timer)
    const word = this.say()
    if (word !== this.word) this.since = this.env.now()
    this.word = word
    this.connection = undefined
    this.changed()
    if ((word === 'connecting' || word === 'reconnecting') && this.lostAt !== null)
      this.timer = setTimeout(() => this.recompute(), Math.max(50, this.lostAt + OFFLINE_MS - this.env.now()))
  }
}
