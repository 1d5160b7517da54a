/** What the person does on one board: commands become operations, and the way back is remembered. */

import { type Inverse, makeOperation } from './operation'
import type { Outbox } from './outbox'
import type { Command, Id, Notice, Operation, Outcome, Refusal, UndoEntry } from './types'
import { type Step, UndoStack } from './undo'
import type { BoardView } from './view'

export class Deeds {
  private readonly steps = new UndoStack()
  private readonly mine = new Set<string>()

  constructor(
    private readonly board: Id,
    private readonly env: { outbox: Outbox; tab: string; now(): number; uuid(): string },
    private readonly view: BoardView,
    private readonly tell: { undoable(): void; notice(notice: Notice): void },
  ) {}

  undoable(): UndoEntry | undefined {
    return this.steps.newest()
  }

  /** Was it done in this tab? */
  isMine(op: string): boolean {
    return this.mine.has(op)
  }

  resolve(op: string, keep: 'mine' | 'theirs'): void {
    this.env.outbox.resolve(op, keep, () => {
      const fresh = this.env.uuid()
      this.mine.add(fresh)
      return fresh
    })
  }

  /** Does them here at once and sends them; together they are one step for undo. */
  runAll(commands: readonly Command[]): Operation[] {
    const step: Step = { key: '', items: [] }
    const operations = commands.map((command) => this.perform({ command }, step))
    if (step.items.length) this.steps.push(step)
    this.tell.undoable()
    return operations
  }

  /** Sends the inverse of the newest step, or of `key`'s, as a new change. */
  takeBack(from: 'undo' | 'redo', key?: string): Operation[] {
    const step = this.steps.take(from, key)
    if (!step) return []
    const counter: Step = { key: '', items: [] }
    const operations: Operation[] = []
    for (const { op, inverse } of step.items.toReversed()) {
      const waiting = this.env.outbox.get(op)
      const unsent = waiting?.state === 'queued' && waiting.attempts === 0
      if (
        waiting &&
        (unsent || waiting.state === 'failed' || waiting.state === 'conflict') &&
        !this.steps.has(op)
      ) {
        // It never left: give it up, and remember how to do it again.
        const again: Inverse = {
          command: waiting.command,
          ...(waiting.place ? { place: waiting.place } : {}),
        }
        counter.key ||= op
        counter.items.push({ op: '', inverse: again })
        this.env.outbox.discard(op)
        continue
      }
      operations.push(this.perform(inverse, counter, op))
    }
    if (counter.items.length) this.steps.pushCounter(counter, from)
    this.tell.undoable()
    return operations
  }

  /** Lays the command over the board, sends it, and notes in `step` how to take it back. */
  private perform({ command, place }: Inverse, step: Step, takesBack?: string): Operation {
    const named = this.named(command)
    const made = makeOperation(
      this.view,
      named,
      {
        op: this.env.uuid(),
        board: this.board,
        at: this.env.now(),
        tab: this.env.tab,
        localId: -Math.floor(Math.random() * 2 ** 48) - 1,
        uid: this.env.uuid(),
      },
      place && {
        ...place,
        parent: this.env.outbox.nameOf(place.parent),
        trail: place.trail.map((id) => this.env.outbox.nameOf(id)),
      },
    )
    if (!made) return this.missing(named)
    const { outbox } = this.env
    if (takesBack && (outbox.get(takesBack) || outbox.versionAfter(takesBack) !== undefined)) {
      made.op.undo = true
      made.op.chain = takesBack
      made.op.seen = null
    }
    const { op, settled } = this.env.outbox.add(made.op)
    this.mine.add(op.op)
    if (made.inverse) {
      step.key ||= op.op
      step.items.push({ op: op.op, inverse: made.inverse })
    }
    void settled.then((outcome) => {
      if (outcome.is === 'saved') return
      this.steps.forget(op.op)
      this.tell.undoable()
    })
    return { op: op.op, id: op.id, settled }
  }

  private missing(command: Command): Operation {
    const refusal: Refusal = {
      problem: 'gone',
      status: 404,
      title: 'It is not on this board any more.',
      detail: '',
      at: this.env.now(),
    }
    const op = this.env.uuid()
    const id = 'id' in command ? command.id : 0
    this.tell.notice({ kind: 'refused', op, command, id, refusal, undo: false })
    return { op, id, settled: Promise.resolve<Outcome>({ is: 'refused', refusal }) }
  }

  private named(command: Command): Command {
    const named = { ...command } as Record<string, unknown>
    for (const key of ['id', 'column_id', 'after'])
      if (typeof named[key] === 'number') named[key] = this.env.outbox.nameOf(named[key])
    return named as unknown as Command
  }
}
