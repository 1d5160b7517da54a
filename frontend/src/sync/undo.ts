/** What can be taken back: the newest steps, each with the changes that made it and their inverses. */

import type { Inverse } from './operation'
import type { UndoEntry } from './types'

export interface Step {
  key: string
  items: { op: string; inverse: Inverse }[]
}

const DEPTH = 100

export class UndoStack {
  private undo_: Step[] = []
  private redo_: Step[] = []
  private entry: UndoEntry | undefined

  push(step: Step): void {
    this.redo_ = []
    this.add(step)
  }

  /** After an undo or a redo the counter-step goes to the other side. */
  pushCounter(step: Step, from: 'undo' | 'redo'): void {
    if (from === 'undo') this.redo_.push(step)
    else this.add(step)
  }

  /** Takes the newest, or the one named. */
  take(from: 'undo' | 'redo', key?: string): Step | undefined {
    const steps = from === 'undo' ? this.undo_ : this.redo_
    const index = key === undefined ? steps.length - 1 : steps.findLastIndex((step) => step.key === key)
    if (index < 0) return undefined
    this.entry = undefined
    return steps.splice(index, 1)[0]
  }

  /** The operation was refused or given up: there is nothing of it to take back. */
  forget(op: string): void {
    for (const steps of [this.undo_, this.redo_])
      for (let i = steps.length - 1; i >= 0; i--) {
        const step = steps[i]!
        const items = step.items.filter((item) => item.op !== op)
        if (items.length === step.items.length) continue
        if (items.length) steps[i] = { ...step, items }
        else steps.splice(i, 1)
        this.entry = undefined
      }
  }

  /** Does any step still speak of this operation? Changes that were merged share one. */
  has(op: string): boolean {
    return [...this.undo_, ...this.redo_].some((step) => step.items.some((item) => item.op === op))
  }

  newest(): UndoEntry | undefined {
    const step = this.undo_.at(-1)
    if (!step) return undefined
    this.entry ??= {
      key: step.key,
      ops: step.items.map((item) => item.op),
      commands: step.items.map((item) => item.inverse.command),
    }
    return this.entry
  }

  private add(step: Step): void {
    this.undo_.push(step)
    if (this.undo_.length > DEPTH) this.undo_.shift()
    this.entry = undefined
  }
}
