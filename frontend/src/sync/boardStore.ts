/** One live board: takes what the stream and REST bring, lays my changes over it, and tells listeners key by key. */

import type { Send } from '../api/request'
import type { BoardStore } from './api'
import { BoardBase } from './base'
import { type ServerClock, timeOf } from './clock'
import { ConnectionTeller } from './connection'
import { Deeds } from './deeds'
import type { Frames } from './frames'
import { Inflow } from './inflow'
import { Keeping } from './keeping'
import type { Link } from './link'
import type { PendingOp } from './operation'
import type { Outbox, OutboxChange } from './outbox'
import { boardTopic, parseType } from './protocol'
import { Tellings } from './tellings'
import { Texts } from './texts'
import type {
  Applied,
  BoardSnapshot,
  BoardStatus,
  Command,
  Conflict,
  Connection,
  Id,
  Key,
  LatencySample,
  Notice,
  Operation,
  PendingMark,
  TopicEvent,
} from './types'
import { BoardView, markOf } from './view'

export interface BoardStoreSurroundings {
  link: Link
  outbox: Outbox
  clock: ServerClock
  frames: Frames
  send: Send
  /** The last state, kept from an earlier visit. */
  saved: {
    load(board: Id): Promise<BoardSnapshot | undefined>
    save(board: Id, snapshot: BoardSnapshot): void
  }
  person: Id
  tab: string
  /** The release this page is of; undefined in development. */
  app: string | undefined
  now(): number
  uuid(): string
  online(): boolean
}

const SAMPLES = 100
const SAVED_MS = 300 // no longer does the stream wait for the state kept from an earlier visit

export class LiveBoard implements BoardStore {
  private readonly base = new BoardBase()
  private readonly view: BoardView
  private readonly deeds: Deeds
  private readonly tellings = new Tellings((key) => {
    if (key.startsWith('description:')) this.texts.want(Number(key.slice(12)))
  })
  private readonly appliedListeners = new Set<(applied: Applied) => void>()
  private readonly noticeListeners = new Set<(notice: Notice) => void>()
  private readonly inflow: Inflow
  private readonly teller: ConnectionTeller
  private readonly texts: Texts
  private readonly stops: (() => void)[] = []
  private app: string | undefined
  private flushAsked = false
  private status_: BoardStatus = 'loading'
  private samples: readonly LatencySample[] = []
  private holders = 0
  private closed = false
  private unwatch: () => void = () => {}
  private pending_: readonly (PendingMark & { command: Command; id: Id })[] | undefined
  private conflicts_: readonly Conflict[] | undefined

  constructor(
    readonly id: Id,
    private readonly env: BoardStoreSurroundings,
    private readonly onClosed: () => void,
  ) {
    this.app = env.app
    this.view = new BoardView(this.base, env.outbox, id)
    this.deeds = new Deeds(id, env, this.view, {
      undoable: () => this.touch('undo'),
      notice: (notice) => this.notice(notice),
    })
    this.teller = new ConnectionTeller(env, () => this.touch('connection'))
    this.inflow = new Inflow(id, env.send, {
      arrived: () => this.askFlush(),
      missing: (behind) => this.teller.catching(behind),
      polled: (ok) => this.teller.polled(ok),
      refused: (status) => this.shut(status === 403),
      committedAt: (event) => env.clock.here(timeOf(event.at)),
    })
    this.texts = new Texts(this.base, env.send, {
      wanted: (ticket) => this.tellings.has(`description:${ticket}`),
      came: (ticket) => this.touch(`description:${ticket}`),
    })
    this.stops.push(
      env.outbox.listen(id, (change) => this.outboxChanged(change)),
      env.link.onState((state) => this.inflow.streaming(state.phase === 'open')),
      () => this.teller.close(),
      () => this.inflow.close(),
      () => this.texts.close(),
    )
    this.teller.onBack = (sent) => this.notice({ kind: 'back', events: this.inflow.takeReplayed(), sent })
    void this.start()
  }

  hold(): this {
    this.holders++
    return this
  }

  close(): void {
    if (--this.holders > 0 || this.closed) return
    this.closed = true
    for (const stop of this.stops) stop()
    this.onClosed()
  }

  private async start(): Promise<void> {
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, SAVED_MS))
    const saved = await Promise.race([this.env.saved.load(this.id).catch(() => undefined), late])
    if (this.closed) return
    if (saved) {
      this.inflow.snapshot(saved)
      this.flush()
    }
    this.watch()
    this.stops.push(() => this.unwatch())
    this.inflow.streaming(this.env.link.state().phase === 'open')
    const keeping = new Keeping(
      () => this.base.seq,
      () => (this.status_ === 'ready' ? this.base.dump() : undefined),
      (snapshot) => this.env.saved.save(this.id, snapshot),
    )
    this.stops.push(() => keeping.stop())
  }

  private watch(): void {
    this.unwatch = this.env.link.watch(boardTopic(this.id), {
      cursor: () => {
        this.flush() // whole groups are applied; half a group is asked for again
        return this.inflow.rewind(this.base)
      },
      receive: (message) => {
        if (message.t === 'ended') return this.shut(message.reason === 'revoked')
        if (message.t === 'event' || message.t === 'snapshot') this.teller.heard(message.heardAt)
        this.inflow.receive(message)
      },
    })
  }

  /** Whoever is no member is told that there is no such board; what was known before is the better reason. */
  private shut(forbidden: boolean): void {
    this.setStatus(forbidden || this.status_ === 'forbidden' ? 'forbidden' : 'gone')
  }

  /** I am a member: a board that was closed to me may be open again. */
  again(): void {
    if (this.closed || (this.status_ !== 'gone' && this.status_ !== 'forbidden')) return
    this.unwatch()
    this.watch()
    this.inflow.reload()
  }

  // What is asked -----------------------------------------------------------------------------------------------------

  subscribe(key: Key, listener: () => void): () => void {
    return this.tellings.subscribe(key, listener)
  }

  status = () => this.status_
  seq = () => this.base.seq
  completeAt = () => (this.base.board ? this.teller.completeAt() : null)
  board = () => this.view.board()
  column = (id: Id) => this.view.column(id)
  columns = () => this.view.columns()
  ticket = (id: Id) => this.view.ticket(id)
  tickets = (column: Id) => this.view.tickets(column)
  members = () => this.view.members()
  role = () => this.view.memberRow(this.env.person)?.role
  nameOf = (person: Id) => this.base.names.get(person)
  description = (id: Id) => this.view.description(id)
  connection = (): Connection => this.teller.current()
  latency = () => this.samples

  pending(): readonly (PendingMark & { command: Command; id: Id })[] {
    this.pending_ ??= this.env.outbox
      .of(this.id)
      .filter((op) => op.state !== 'acked')
      .map((op) => ({ ...markOf(op, this.env.outbox.waiting()), command: op.command, id: op.id }))
    return this.pending_
  }

  conflicts(): readonly Conflict[] {
    this.conflicts_ ??= this.env.outbox.of(this.id).flatMap((op) => (op.conflict ? [op.conflict] : []))
    return this.conflicts_
  }

  onApplied(listener: (applied: Applied) => void): () => void {
    this.appliedListeners.add(listener)
    return () => this.appliedListeners.delete(listener)
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    this.noticeListeners.add(listener)
    return () => this.noticeListeners.delete(listener)
  }

  loadDescription(asked: Id): void {
    this.texts.load(this.env.outbox.nameOf(asked))
  }

  // What the person does ----------------------------------------------------------------------------------------------

  run = (command: Command): Operation => this.deeds.runAll([command])[0]!
  runAll = (commands: readonly Command[]): Operation[] => this.deeds.runAll(commands)
  undo = (key?: string): Operation[] => this.deeds.takeBack('undo', key)
  redo = (): Operation[] => this.deeds.takeBack('redo')
  undoable = () => this.deeds.undoable()

  retry(op?: string): void {
    this.env.link.nudge()
    if (op !== undefined) this.env.outbox.retry(op)
    else for (const each of this.env.outbox.of(this.id)) this.env.outbox.retry(each.op)
  }

  discard(op: string): void {
    this.env.outbox.discard(op)
  }

  resolve(op: string, keep: 'mine' | 'theirs'): void {
    this.deeds.resolve(op, keep)
  }

  private outboxChanged(change: OutboxChange): void {
    this.pending_ = this.conflicts_ = undefined
    this.touch('pending', 'conflicts')
    if (change.is === 'named') {
      this.touch(`ticket:${change.from}`, `column:${change.from}`, `tickets:${change.from}`)
      this.touch(
        `ticket:${change.to}`,
        `column:${change.to}`,
        `tickets:${change.to}`,
        'columns',
        ...this.orders(),
      )
      return
    }
    const { op } = change
    if (change.is === 'refused') {
      const { refusal, conflict } = change
      const { command, undo, id } = op
      this.notice({
        kind: 'refused',
        op: op.op,
        command,
        id,
        refusal,
        undo,
        ...(conflict ? { conflict } : {}),
      })
    } else if (change.is === 'conflict') this.notice({ kind: 'conflict', conflict: change.conflict })
    this.touch(...this.keysOf(op))
    // An answer later than its event, as after a reload.
    if (change.is === 'changed' && op.state === 'acked' && (op.seq ?? 0) <= this.base.seq)
      this.env.outbox.caughtUp(this.id, this.base.seq)
  }

  private orders(): Key[] {
    return this.view.columns().map((id): Key => `tickets:${id}`)
  }

  private keysOf(op: PendingOp): Key[] {
    if (op.noun === 'board') return ['board']
    if (op.noun === 'member') return ['members']
    if (op.noun === 'column') {
      const hides = op.set.archived_at !== undefined
      const tickets = hides ? this.base.openTickets(op.id).map((id): Key => `ticket:${id}`) : []
      return [`column:${op.id}`, 'columns', `tickets:${op.id}`, ...tickets]
    }
    const order = op.place || op.set.archived_at !== undefined ? this.orders() : []
    return [`ticket:${op.id}`, `description:${op.id}`, ...order]
  }

  // What comes in -----------------------------------------------------------------------------------------------------

  private askFlush(): void {
    if (this.flushAsked) return
    this.flushAsked = true
    this.env.frames.before(() => this.flush())
  }

  /** Applies all that is whole: snapshots, and the events of finished transactions. */
  private flush(): void {
    this.flushAsked = false
    if (this.closed) return
    const batch = this.inflow.take()
    if (!batch.length) return
    const events: (TopicEvent & { mine: boolean })[] = []
    const fresh: { event: TopicEvent; heardAt: number; mine: boolean }[] = []
    for (const item of batch) {
      if ('snapshot' in item) this.loaded(item.snapshot)
      else {
        const mine = item.event.op != null && this.deeds.isMine(item.event.op)
        this.env.clock.heard(timeOf(item.event.at), item.heardAt)
        this.base.apply(item.event, this.tellings.touched)
        this.confirm(item.event)
        events.push({ ...item.event, mine })
        if (item.live) fresh.push({ event: item.event, heardAt: item.heardAt, mine })
      }
    }
    this.env.outbox.caughtUp(this.id, this.base.seq)
    if (this.base.incomplete) {
      this.base.incomplete = false
      this.inflow.reload()
    }
    this.view.touch(this.tellings.touched)
    this.touch('status')
    this.tellings.tell()
    const appliedAt = this.env.now()
    const live = batch.every((item) => 'live' in item && item.live)
    if (events.length) for (const listener of this.appliedListeners) listener({ events, live })
    if (fresh.length) this.env.frames.after((shown) => shown && this.measured(fresh, appliedAt))
  }

  private loaded(snapshot: BoardSnapshot): void {
    const otherLife = this.base.epoch !== '' && this.base.epoch !== snapshot.epoch
    this.base.load(snapshot)
    if (this.app !== undefined && this.app !== snapshot.app)
      this.notice({ kind: 'release', app: snapshot.app })
    this.app = snapshot.app
    this.setStatus('ready')
    for (const op of this.env.outbox.of(this.id)) {
      // Numbers of another life say nothing here; what was acknowledged then is in the snapshot, or lost with the rest.
      if (otherLife && op.state === 'acked') this.env.outbox.caughtUp(this.id, Number.POSITIVE_INFINITY)
      if (op.uid === undefined) continue
      const rows = op.noun === 'ticket' ? this.base.tickets : this.base.columns
      for (const row of rows.values())
        if (row.uid === op.uid)
          this.env.outbox.confirm(op.op, { id: row.id, seq: snapshot.seq, version: row.version })
    }
    this.view.touchAll()
    this.tellings.touchAll()
  }

  /** An operation ends with its event, not with its answer. */
  private confirm(event: TopicEvent): void {
    if (event.op == null) return
    const op = this.env.outbox.get(event.op)
    const [noun, verb] = parseType(event) ?? []
    if (!op || op.noun !== noun) return
    if (op.uid !== undefined ? verb !== 'created' : event.id !== op.id) return
    if (op.sentAt !== undefined) this.env.clock.caused(timeOf(event.at), op.sentAt)
    const version = event.set?.version
    this.env.outbox.confirm(op.op, {
      id: event.id,
      seq: event.seq,
      version: typeof version === 'number' ? version : undefined,
    })
  }

  private measured(fresh: { event: TopicEvent; heardAt: number; mine: boolean }[], appliedAt: number): void {
    const paintedAt = this.env.now()
    const samples = fresh.map(({ event, heardAt, mine }) => ({
      seq: event.seq,
      type: event.type,
      mine,
      committedAt: this.env.clock.here(timeOf(event.at)),
      heardAt,
      appliedAt,
      paintedAt,
    }))
    this.samples = [...this.samples, ...samples].slice(-SAMPLES)
    this.touch('latency')
  }

  private setStatus(status: BoardStatus): void {
    if (this.status_ === status) return
    this.status_ = status
    this.touch('status')
  }

  private notice(notice: Notice): void {
    queueMicrotask(() => {
      for (const listener of this.noticeListeners) listener(notice)
    })
  }

  /** The answers to these keys are new; listeners hear of it together, before anything is drawn. */
  private touch(...keys: Key[]): void {
    this.view.touch(keys)
    this.tellings.touch(keys)
  }
}
