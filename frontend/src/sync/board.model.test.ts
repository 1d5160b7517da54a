/** Random interleavings of people, stream, faults and crashes: in the end everybody sees what the log says, once. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer, Write } from '../api/request'
import { LiveBoard } from './boardStore'
import { ServerClock } from './clock'
import type { Link, TopicReader } from './link'
import type { PendingOp } from './operation'
import { Outbox } from './outbox'
import type { HubState } from './protocol'
import { BOARD, ME, ModelServer } from './testing/modelServer'
import type { BoardSnapshot, Command, TopicEvent } from './types'

const STATE: HubState = {
  phase: 'open',
  since: 0,
  openedAt: 0,
  heardAt: 0,
  nextTryAt: null,
  reason: null,
  status: null,
  tabs: 1,
}

/** One browser tab against the model, with everything that takes time in the test's hands. */
class World {
  server = new ModelServer()
  now = 1_800_000_000_000
  kept = new Map<string, PendingOp>()
  saved: BoardSnapshot | undefined
  inFlight: { write: Write; settle: (answer: Answer) => void; fail: () => void }[] = []
  timers: { at: number; run: () => void; off: boolean }[] = []
  frames: (() => void)[] = []
  reader: TopicReader | undefined
  delivered = 0 // the last event handed to the tab
  life = 0
  uuids = 0
  store!: LiveBoard
  outbox!: Outbox
  checks = 0
  halves = 0 // transactions shown before their last event was here

  constructor() {
    this.start()
  }

  start(): void {
    const life = ++this.life
    const mine = () => life === this.life
    const send = (write: Write) =>
      new Promise<Answer>((resolve, reject) => {
        // What a dead tab sent may still arrive; nobody is there to hear the answer.
        const entry = {
          write,
          settle: (answer: Answer) => mine() && resolve(answer),
          fail: () => mine() && reject(new TypeError('Failed to fetch')),
        }
        this.inFlight.push(entry)
      })
    this.outbox = new Outbox({
      send,
      storage: {
        put: (op) => mine() && this.kept.set(op.op, structuredClone(op)),
        delete: (op) => mine() && this.kept.delete(op),
      },
      now: () => this.now,
      random: () => 0.5,
      after: (ms, run) => {
        const timer = { at: this.now + ms, run, off: false }
        this.timers.push(timer)
        return () => {
          timer.off = true
        }
      },
    })
    const never = () => () => {}
    const link: Link = {
      watch: (_topic, reader) => {
        this.reader = reader
        this.connect()
        return () => {}
      },
      state: () => STATE,
      holder: () => 'shared',
      onState: never,
      onHeartbeat: never,
      onPresence: never,
      nudge() {},
      close() {},
      end() {},
    }
    this.reader = undefined
    this.frames = []
    this.halves = 0
    this.store = new LiveBoard(
      BOARD,
      {
        link,
        outbox: this.outbox,
        clock: new ServerClock(),
        frames: { before: (run) => mine() && this.frames.push(run), after: (run) => run(false) },
        send,
        saved: {
          load: async () => this.saved,
          save: (_id, snapshot) => {
            if (mine()) this.saved = structuredClone(snapshot)
          },
        },
        person: ME,
        tab: `tab-${life}`,
        app: undefined,
        now: () => this.now,
        uuid: () => `op-${++this.uuids}`,
        online: () => true,
      },
      () => {},
    ).hold()
    this.store.onApplied(({ events }) => {
      if (events.at(-1)?.more) this.halves++
    })
    const orphans = [...this.kept.values()].map((op) => structuredClone(op))
    this.kept.clear()
    this.outbox.adopt(orphans)
  }

  /** The stream opens anew from where the tab stands: a snapshot, or what is missing. */
  connect(): void {
    const cursor = this.reader?.cursor()
    if (!cursor || cursor.epoch !== this.server.epoch || cursor.seq > this.server.seq) this.sendSnapshot()
    else this.delivered = cursor.seq
  }

  sendSnapshot(): void {
    const state = this.server.snapshot()
    const data = JSON.stringify({
      v: 1,
      topic: state.topic,
      seq: state.seq,
      epoch: state.epoch,
      reason: 'start',
      state,
    })
    this.delivered = state.seq
    this.reader?.receive({ t: 'snapshot', topic: state.topic, data, reason: 'start', heardAt: this.now })
  }

  sendEvent(event: TopicEvent | undefined): void {
    if (!event) return
    this.reader?.receive({
      t: 'event',
      topic: event.topic,
      seq: event.seq,
      data: JSON.stringify(event),
      heardAt: this.now,
    })
  }

  next(): boolean {
    const event = this.server.log[this.delivered]
    if (!event || !this.reader) return false
    this.delivered = event.seq
    this.sendEvent(event)
    return true
  }

  frame(): void {
    for (const run of this.frames.splice(0)) run()
    this.check()
  }

  /** A board at seq S shows what the log says for S, no more and no less. */
  check(): void {
    if (
      this.store.status() !== 'ready' ||
      this.store.seq() !== this.server.seq ||
      this.outbox.of(BOARD).length
    )
      return
    this.checks++
    expect(picture(this.store)).toEqual(this.server.picture())
  }

  tick(ms: number): void {
    this.now += ms
    for (const timer of this.timers.filter((t) => !t.off && t.at <= this.now)) {
      timer.off = true
      timer.run()
    }
    this.timers = this.timers.filter((t) => !t.off)
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) await Promise.resolve()
  }
}

function picture(store: LiveBoard): string[] {
  return store.columns().map((id) => {
    const column = store.column(id)!
    const tickets = store.tickets(id).map((t) => {
      const ticket = store.ticket(t)!
      return `${ticket.id} ${ticket.title}${ticket.has_description ? '+' : ''} v${ticket.version}`
    })
    return `${column.id} ${column.title}: ${tickets.join(', ')}`
  })
}

type Step = [what: number, a: number, b: number]

function command(world: World, [, a, b]: Step): Command | undefined {
  const columns = world.store.columns()
  const column = columns[a % Math.max(1, columns.length)]
  if (column === undefined) return undefined
  const from = columns[b % columns.length]!
  const tickets = world.store.tickets(from)
  const ticket = tickets[(a * 7 + b) % Math.max(1, tickets.length)]
  const targets = world.store.tickets(column)
  const after = [undefined, null, targets[b % Math.max(1, targets.length)]][a % 3]
  const place = after === undefined ? {} : { after }
  switch ((a + b) % 6) {
    case 0:
      return { do: 'ticket.create', column_id: column, title: `Mine ${a} ${b}`, ...place }
    case 1:
      return ticket === undefined ? undefined : { do: 'ticket.edit', id: ticket, title: `Mine ${a} ${b}` }
    case 2:
      return ticket === undefined
        ? undefined
        : { do: 'ticket.edit', id: ticket, description: b % 3 ? `Text ${b}` : '' }
    case 3:
      return ticket === undefined ? undefined : { do: 'ticket.archive', id: ticket }
    default:
      return ticket === undefined || after === ticket
        ? undefined
        : { do: 'ticket.move', id: ticket, column_id: column, ...place }
  }
}

async function play(world: World, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    const [what, a, b] = step
    const flight = () => world.inFlight.splice(a % Math.max(1, world.inFlight.length), 1)[0]
    if (what < 5) {
      const made = command(world, step)
      if (made) {
        const operation = world.store.run(made)
        expect(operation.op).toBeTruthy()
      }
    } else if (what < 9) world.server.disturb((below) => (a * 31 + b * 17 + world.server.seq) % below)
    else if (what < 15) world.next()
    else if (what < 18) world.frame()
    else if (what < 24) {
      const found = flight() // it arrives and is answered
      if (found) found.settle(world.server.handle(found.write))
    } else if (what === 24)
      flight()?.fail() // it never arrived
    else if (what === 25) {
      const found = flight() // it arrived, the answer is lost
      if (found) {
        world.server.handle(found.write)
        found.fail()
      }
    } else if (what === 26)
      world.sendEvent(world.server.log[a % Math.max(1, world.server.log.length)]) // old, doubled or early
    else if (what === 27) world.reader && world.sendSnapshot()
    else if (what === 28) world.connect()
    else if (what === 29) world.tick(a * 500)
    else if (what === 30) world.store.undo()
    else if (what === 31) world.store.redo()
    else if (what === 32) {
      for (const conflict of world.store.conflicts())
        world.store.resolve(conflict.op, a % 2 ? 'mine' : 'theirs')
      for (const pending of world.store.pending())
        if (pending.state === 'failed' && b % 2) world.store.discard(pending.op)
    } else if (what === 33) {
      world.start() // the tab crashes; another takes over what it kept
      await new Promise((resolve) => setTimeout(resolve))
      if (b % 2) world.frame()
    } else if (what === 34) {
      // The database was put back into another life.
      world.server.epoch = `${world.server.epoch.slice(1)}b`
      world.connect()
    } else if (what === 35) {
      const found = flight()
      if (found && found.write.method !== 'GET') {
        const away = {
          ok: false,
          status: 503,
          refusal: { problem: 'locked', status: 503, title: '', detail: '', at: 0 },
        }
        found.settle({ ...world.server.handle({ method: 'GET', path: 'none' }), ...away })
      } else if (found) found.settle(world.server.handle(found.write))
    }
    await world.settle()
  }
}

/** The faults end; everything that waits gets its turn. */
async function heal(world: World): Promise<void> {
  for (let round = 0; round < 400; round++) {
    await new Promise((resolve) => (round % 20 ? queueMicrotask(() => resolve(null)) : setTimeout(resolve)))
    for (const found of world.inFlight.splice(0)) found.settle(world.server.handle(found.write))
    await world.settle()
    while (world.next());
    world.frame()
    for (const conflict of world.store.conflicts())
      world.store.resolve(conflict.op, round % 2 ? 'mine' : 'theirs')
    for (const pending of world.store.pending())
      if (pending.state === 'failed') world.store.discard(pending.op)
    await world.settle()
    world.tick(16_000)
    await world.settle()
    if (
      world.reader &&
      !world.inFlight.length &&
      !world.outbox.of(BOARD).length &&
      world.store.status() === 'ready' &&
      world.store.seq() === world.server.seq
    )
      return
  }
  throw new Error(
    `not at rest: seq ${world.store.seq()} of ${world.server.seq}, ${world.store.status()}, ` +
      `${JSON.stringify(world.outbox.of(BOARD))}, ${world.inFlight.length} in flight`,
  )
}

const steps = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 35 }), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 })),
  { minLength: 1, maxLength: 150, size: 'max' },
)

test('whatever is interleaved, the view ends as the log says and each change of mine was done at most once', async () => {
  const totals: number[][] = []
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 0, max: 3 }), async (chosen, early) => {
      const world = new World()
      if (early) {
        await new Promise((resolve) => setTimeout(resolve))
        world.frame()
      }
      await play(world, chosen)
      await heal(world)
      expect(picture(world.store)).toEqual(world.server.picture())
      expect(world.store.pending()).toEqual([])
      expect(world.halves).toBe(0)
      totals.push([world.server.done.size, world.checks, world.server.seq])
      for (const [key, times] of world.server.done) expect([key, times]).toEqual([key, 1])
      // Nothing is left to be sent by a later life either.
      expect([...world.kept.keys()]).toEqual([])
    }),
    { numRuns: Number(process.env.MODEL_RUNS ?? 300) },
  )
  // It proves something only if a lot went through.
  const sum = (index: number) => totals.reduce((all, each) => all + each[index]!, 0)
  expect(sum(0)).toBeGreaterThan(totals.length)
  expect(sum(1)).toBeGreaterThan(totals.length)
  if (process.env.MODEL_RUNS) console.log('writes, checks, events', sum(0), sum(1), sum(2))
}, 120_000)
