/** Sends my changes: each once, in the order that matters, through refusals, outages and reloads. */

import type { Answer, Send } from '../api/request'
import { depends, needs } from './dependence'
import { fieldsOf, holdsText, type PendingOp, rename } from './operation'
import { retreat } from './place'
import type { Actor, Conflict, ConflictField, Id, Outcome, Refusal } from './types'
import { requestOf } from './writes'

/** Where operations survive the tab. Writes are told, never awaited. */
export interface OutboxStorage {
  put(op: PendingOp): void
  delete(op: string): void
}

export interface OutboxSurroundings {
  send: Send
  storage: OutboxStorage
  now(): number
  random(): number
  after(ms: number, run: () => void): () => void
}

export type OutboxChange =
  /** Its mark, place or values are other than before; or it is new. */
  | { is: 'changed'; op: PendingOp }
  /** It counts no more: confirmed by its event, discarded or refused. */
  | { is: 'ended'; op: PendingOp }
  | { is: 'refused'; op: PendingOp; refusal: Refusal; conflict?: Conflict }
  | { is: 'conflict'; op: PendingOp; conflict: Conflict }
  /** Something made here has an id of the server's now. */
  | { is: 'named'; from: Id; to: Id }

const AT_ONCE = 4
const TRIES_BEFORE_FAILED = 5
const REMEMBERED = 1_000

export class Outbox {
  private ops: PendingOp[] = []
  private byBoard = new Map<Id, readonly PendingOp[]>()
  private listeners = new Map<Id, Set<(change: OutboxChange) => void>>()
  private anyChange = new Set<() => void>()
  private savedListeners = new Set<(op: PendingOp) => void>()
  private settle = new Map<string, (outcome: Outcome) => void>()
  private names = new Map<Id, Id>()
  private versions = new Map<string, number>()
  private nextTry = new Map<string, number>()
  private held = new Set<string>() // answered "not now": others need not wait for them
  private lastAt = 0
  private outage = 0 // attempts in a row without any answer
  private cancelWake: (() => void) | undefined
  private wakeAt = Number.POSITIVE_INFINITY
  private blocked: string | null = null

  constructor(private readonly env: OutboxSurroundings) {}

  /** Changes of one board; while somebody listens, acked ones are kept until their event. */
  listen(board: Id, listener: (change: OutboxChange) => void): () => void {
    const set = this.listeners.get(board) ?? new Set()
    this.listeners.set(board, set.add(listener))
    return () => {
      set.delete(listener)
      if (set.size) return
      this.listeners.delete(board)
      for (const op of this.of(board)) if (op.state === 'acked') this.end(op)
    }
  }

  onAny(listener: () => void): () => void {
    this.anyChange.add(listener)
    return () => this.anyChange.delete(listener)
  }

  /** Each change of mine once, when it is known that the server has it. */
  onSaved(listener: (op: PendingOp) => void): () => void {
    this.savedListeners.add(listener)
    return () => this.savedListeners.delete(listener)
  }

  /** Those of a board, oldest first. The same array until one comes, goes or is named. */
  of(board: Id): readonly PendingOp[] {
    let ops = this.byBoard.get(board)
    if (!ops) {
      ops = this.ops.filter((op) => op.board === board)
      this.byBoard.set(board, ops)
    }
    return ops
  }

  all(): readonly PendingOp[] {
    return this.ops
  }

  get(op: string): PendingOp | undefined {
    return this.ops.find((other) => other.op === op)
  }

  /** How many are not on the server yet. */
  unsaved(): number {
    return this.ops.reduce((count, op) => count + (op.state === 'acked' ? 0 : 1), 0)
  }

  /** Is any on its way, or waiting to be? One that failed or is in conflict waits for the person. */
  busy(): boolean {
    return this.ops.some((op) => op.state === 'queued' || op.state === 'sending')
  }

  /** The server's id of something that was made here. */
  nameOf(id: Id): Id {
    return this.names.get(id) ?? id
  }

  /** No answer from the server at the moment. */
  waiting(): boolean {
    return this.outage > 0 || this.blocked !== null
  }

  /** The version a change of mine left, once known. */
  versionAfter(op: string): number | undefined {
    return this.versions.get(op)
  }

  /** Takes it over; the same object may come back merged into one that waits. Returns the one that counts. */
  add(op: PendingOp): { op: PendingOp; settled: Promise<Outcome> } {
    const chain = op.chain ?? this.chainFor(op)
    if (chain !== undefined) op.chain = chain
    const merged = this.coalesce(op)
    if (merged) {
      this.env.storage.put(merged)
      this.tell({ is: 'changed', op: merged })
      return { op: merged, settled: this.settledOf(merged.op) }
    }
    op.at = Math.max(op.at, this.lastAt + 0.01) // their order after a reload
    this.lastAt = op.at
    if (this.waiting()) op.late = true
    const settled = this.settledOf(op.op)
    this.ops.push(op)
    this.byBoard.delete(op.board)
    this.env.storage.put(op)
    this.tell({ is: 'changed', op })
    this.pump()
    return { op, settled }
  }

  /** Changes kept from an earlier life, in their old order. */
  adopt(ops: readonly PendingOp[]): void {
    for (const op of [...ops].sort((a, b) => a.at - b.at)) {
      if (this.get(op.op)) continue
      if (op.state === 'sending' || op.state === 'acked') op.state = 'queued'
      op.late = true
      this.lastAt = Math.max(this.lastAt, op.at)
      this.ops.push(op)
      this.byBoard.delete(op.board)
      this.env.storage.put(op)
      this.tell({ is: 'changed', op })
    }
    this.pump()
  }

  /** Its event was applied: the truth shows it now, whatever the request is still doing. */
  confirm(op: string, event: { id: Id; seq: number; version: number | undefined }): void {
    const found = this.get(op)
    if (!found) return
    if (event.version !== undefined) this.remember(op, event.version)
    if (found.id < 0 && found.command.do.endsWith('.create')) this.name(found, event.id)
    if (found.state !== 'acked') this.tellSaved(found)
    this.finish(found, { is: 'saved', id: found.id, seq: event.seq })
  }

  /** The board has come to `seq`: what was acked up to there is in it. */
  caughtUp(board: Id, seq: number): void {
    for (const op of this.of(board))
      if (op.state === 'acked' && (op.seq ?? 0) <= seq)
        this.finish(op, { is: 'saved', id: op.id, seq: op.seq ?? null })
  }

  /** Try now, one or all that wait. */
  retry(op?: string): void {
    for (const each of this.ops) {
      if (op !== undefined && each.op !== op) continue
      if (each.state === 'failed') {
        each.state = 'queued'
        delete each.refusal
        if (each.attempts === 0) delete each.request
        this.changed(each)
      }
      this.nextTry.delete(each.op)
    }
    this.outage = 0
    this.pump()
  }

  discard(op: string): void {
    const found = this.get(op)
    if (!found || found.state === 'sending' || found.state === 'acked') return
    this.finish(found, { is: 'discarded' })
    this.orphaned(found)
  }

  resolve(op: string, keep: 'mine' | 'theirs', fresh: () => string): void {
    const found = this.get(op)
    if (found?.state !== 'conflict') return
    if (keep === 'theirs') return this.discard(op)
    const version = found.conflict?.current.version
    const again: PendingOp = { ...found, op: fresh(), state: 'queued', attempts: 0 }
    again.seen = typeof version === 'number' ? version : null
    delete again.chain
    delete again.request
    delete again.sentAt
    delete again.conflict
    this.ops[this.ops.indexOf(found)] = again
    this.byBoard.delete(found.board)
    this.env.storage.delete(found.op)
    this.env.storage.put(again)
    const settle = this.settle.get(found.op)
    this.settle.delete(found.op)
    if (settle) this.settle.set(again.op, settle)
    this.tell({ is: 'ended', op: found })
    this.tell({ is: 'changed', op: again })
    this.pump()
  }

  /** Nothing goes out until `null`: the session is over, or somebody else's. */
  block(reason: string | null): void {
    if (this.blocked === reason) return
    this.blocked = reason
    for (const op of this.ops) this.tell({ is: 'changed', op })
    if (reason === null) this.retry()
  }

  close(): void {
    this.blocked = 'closed'
    this.cancelWake?.()
  }

  // Sending -----------------------------------------------------------------------------------------------------------

  private pump(): void {
    if (this.blocked !== null) return
    const now = this.env.now()
    const limit = this.outage > 0 ? 1 : AT_ONCE
    let flying = 0
    for (const op of this.ops) if (op.state === 'sending') flying++
    let wake = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.ops.length && flying < limit; i++) {
      const op = this.ops[i]!
      if (op.state !== 'queued') continue
      const due = this.nextTry.get(op.op) ?? 0
      if (due > now) wake = Math.min(wake, due)
      else if (this.ready(op, i)) {
        flying++
        void this.transmit(op)
      }
    }
    if (wake < this.wakeAt) {
      this.cancelWake?.()
      this.wakeAt = wake
      this.cancelWake = this.env.after(wake - now, () => {
        this.wakeAt = Number.POSITIVE_INFINITY
        this.pump()
      })
    }
  }

  /** Nothing earlier that it depends on is still on its way. */
  private ready(op: PendingOp, index: number): boolean {
    if (needs(op).some((id) => id < 0)) return false
    for (let i = 0; i < index; i++) {
      const earlier = this.ops[i]!
      if (earlier.state !== 'queued' && earlier.state !== 'sending') continue
      if (this.outage > 0 && (this.nextTry.get(earlier.op) ?? 0) > this.env.now()) return false // one at a time, in order
      const held = this.held.has(earlier.op)
      if ((op.late && !held) || depends(op, earlier, held)) return false
    }
    return true
  }

  private async transmit(op: PendingOp): Promise<void> {
    op.state = 'sending'
    op.request ??= requestOf(op, this.ifMatchOf(op))
    op.attempts++
    op.sentAt ??= this.env.now()
    this.changed(op)
    let answer: Answer
    try {
      answer = await this.env.send({ ...op.request, key: op.op })
    } catch {
      this.unanswered(op)
      return
    }
    const was = this.outage
    this.outage = 0
    if (was)
      for (const other of this.ops) {
        if (!this.held.has(other.op)) this.nextTry.delete(other.op)
        this.tell({ is: 'changed', op: other })
      }
    if (this.get(op.op) !== op) {
      // Its event was faster than the answer.
      if (answer.ok && typeof answer.body?.version === 'number') this.remember(op.op, answer.body.version)
    } else if (answer.ok) this.acked(op, answer)
    else this.refused(op, answer)
    this.pump()
  }

  private ifMatchOf(op: PendingOp): number | null {
    const chained = op.chain === undefined ? undefined : this.versions.get(op.chain)
    if (chained === undefined) return op.seen
    return op.seen === null ? chained : Math.max(op.seen, chained)
  }

  private unanswered(op: PendingOp): void {
    if (this.get(op.op) !== op) return this.pump()
    op.state = 'queued'
    op.late = true
    this.outage++
    const pause = Math.min(15_000, 1_000 * 2 ** Math.min(this.outage - 1, 5)) * (0.5 + this.env.random() / 2)
    this.nextTry.set(op.op, this.env.now() + pause)
    for (const other of this.ops) this.changed(other)
    this.pump()
  }

  private acked(op: PendingOp, answer: Answer): void {
    const row = answer.body
    if (typeof row?.version === 'number') this.remember(op.op, row.version)
    if (op.command.do.endsWith('.create') && typeof row?.id === 'number') this.name(op, row.id)
    op.seq = answer.seq
    this.tellSaved(op)
    const elsewhere = answer.topic !== null && answer.topic !== `board/${op.board}`
    if (answer.seq === null || elsewhere || !this.listeners.has(op.board)) {
      this.finish(op, { is: 'saved', id: op.id, seq: answer.seq })
      return
    }
    op.state = 'acked'
    this.nextTry.delete(op.op)
    this.env.storage.delete(op.op)
    this.settled(op.op, { is: 'saved', id: op.id, seq: answer.seq })
    this.tell({ is: 'changed', op })
  }

  private refused(op: PendingOp, answer: Answer): void {
    const refusal = answer.refusal!
    const temporary = answer.status >= 500 || answer.status === 429 || answer.status === 408
    if (answer.status === 401) {
      op.state = 'queued'
      op.attempts--
      this.changed(op)
      return this.block('session')
    }
    if (temporary) {
      op.state = 'queued'
      const pause = Math.max(answer.retryAfterMs, Math.min(15_000, 500 * 2 ** Math.min(op.attempts, 6)))
      this.nextTry.set(op.op, this.env.now() + pause * (0.75 + this.env.random() / 4))
      this.held.add(op.op)
      if (op.attempts >= TRIES_BEFORE_FAILED) op.refusal = refusal // shown as not saved, while it goes on trying
      this.changed(op)
      return
    }
    // A definite no. If it was being taken back already, there is nothing left to do or to say.
    const back = this.ops.find((other) => other.undo && other.chain === op.op && other.state === 'queued')
    if (back) {
      this.finish(back, { is: 'discarded' })
      this.finish(op, { is: 'refused', refusal })
      return
    }
    // Nothing was applied, so the next attempt may differ under the same key.
    delete op.request
    op.attempts = 0
    const conflict = Array.isArray(answer.body?.conflicts) ? conflictOf(op, answer.body) : undefined
    if (conflict && !op.undo) {
      op.state = 'conflict'
      op.conflict = conflict
      this.changed(op)
      this.tell({ is: 'conflict', op, conflict })
      this.settled(op.op, { is: 'conflict', conflict })
      return
    }
    if (
      answer.status === 409 &&
      refusal.errors?.some((e) => e.field === 'after') &&
      op.place &&
      retreat(op.place)
    ) {
      op.state = 'queued'
      this.changed(op)
      return
    }
    if (holdsText(op) && !op.undo) {
      op.state = 'failed'
      op.refusal = refusal
      this.changed(op)
      this.tell({ is: 'refused', op, refusal })
      return
    }
    this.finish(op, { is: 'refused', refusal })
    this.tell({ is: 'refused', op, refusal, ...(conflict ? { conflict } : {}) })
    this.orphaned(op)
  }

  // Bookkeeping -------------------------------------------------------------------------------------------------------

  /** The latest change of mine to the same field of the same row: what it leaves, I have seen. */
  private chainFor(op: PendingOp): string | undefined {
    const fields = fieldsOf(op)
    return this.ops.findLast(
      (other) =>
        other.noun === op.noun &&
        other.id === op.id &&
        other.state !== 'conflict' &&
        (other.command.do.endsWith('.create') || fieldsOf(other).some((field) => fields.includes(field))),
    )?.op
  }

  /** A change of the same kind to the same row that was never attempted takes the newer values. */
  private coalesce(op: PendingOp): PendingOp | undefined {
    const last = this.ops.findLast((other) => other.noun === op.noun && other.id === op.id)
    if (last?.state !== 'queued' || last.attempts > 0 || last.request || last.command.do !== op.command.do)
      return undefined
    const { do: what } = op.command
    if (what === 'ticket.edit' || what === 'column.edit' || what === 'board.edit') {
      const fields = Object.keys(op.set)
      if (fields.length !== Object.keys(last.set).length || !fields.every((f) => f in last.set))
        return undefined
      last.set = op.set
    } else if (what === 'ticket.move' || what === 'column.move') {
      // Its new neighbours may be there only through what was done after it.
      if (this.ops.slice(this.ops.indexOf(last) + 1).some((other) => other.place)) return undefined
      last.set = op.set
      last.place = op.place!
    } else return undefined
    last.command = op.command
    return last
  }

  private name(op: PendingOp, id: Id): void {
    if (op.id === id) return
    const from = op.id
    this.names.set(from, id)
    op.id = id
    for (const other of this.ops)
      if (other !== op && rename(other, from, id) && other.state !== 'acked') this.env.storage.put(other)
    this.byBoard.clear() // of() gives another array, by which the view knows that ids are others
    this.tellBoard(op.board, { is: 'named', from, to: id })
  }

  /** What was meant for a row that will never be goes with it. */
  private orphaned(op: PendingOp): void {
    if (op.id > 0 || !op.command.do.endsWith('.create')) return
    for (const other of [...this.ops]) {
      if (other === op || !this.ops.includes(other)) continue
      if (other.id === op.id || other.place?.parent === op.id) {
        this.finish(other, { is: 'discarded' })
        this.orphaned(other)
      } else if (other.place?.trail.includes(op.id)) {
        other.place.trail = other.place.trail.filter((id) => id !== op.id)
        this.env.storage.put(other)
      }
    }
    this.pump()
  }

  private remember(op: string, version: number): void {
    this.versions.set(op, version)
    if (this.versions.size > REMEMBERED) this.versions.delete(this.versions.keys().next().value!)
  }

  private settledOf(op: string): Promise<Outcome> {
    return new Promise((resolve) => {
      const before = this.settle.get(op)
      this.settle.set(op, (outcome) => {
        before?.(outcome)
        resolve(outcome)
      })
    })
  }

  private settled(op: string, outcome: Outcome): void {
    this.settle.get(op)?.(outcome)
    this.settle.delete(op)
  }

  private finish(op: PendingOp, outcome: Outcome): void {
    this.settled(op.op, outcome)
    this.end(op)
    this.pump()
  }

  private end(op: PendingOp): void {
    const index = this.ops.indexOf(op)
    if (index < 0) return
    this.ops.splice(index, 1)
    this.byBoard.delete(op.board)
    this.nextTry.delete(op.op)
    this.held.delete(op.op)
    this.env.storage.delete(op.op)
    this.tell({ is: 'ended', op })
  }

  private changed(op: PendingOp): void {
    if (op.state !== 'acked') this.env.storage.put(op)
    this.tell({ is: 'changed', op })
  }

  private tell(change: OutboxChange & { op: PendingOp }): void {
    this.tellBoard(change.op.board, change)
    for (const listener of this.anyChange) listener()
  }

  private tellSaved(op: PendingOp): void {
    for (const listener of this.savedListeners) listener(op)
  }

  private tellBoard(board: Id, change: OutboxChange): void {
    for (const listener of this.listeners.get(board) ?? []) listener(change)
  }
}

function conflictOf(op: PendingOp, body: Record<string, unknown>): Conflict {
  const current = (body.current ?? body.row ?? body[op.noun] ?? {}) as Record<string, unknown>
  const fields = (body.conflicts as Record<string, unknown>[]).map((each) => ({
    field: String(each.field),
    yours: each.yours,
    theirs: each.theirs,
    by: (each.by as Actor | null | undefined) ?? null,
    ...(typeof each.via === 'string' ? { via: each.via } : {}),
    at: (each.at as string | null | undefined) ?? null,
  })) satisfies ConflictField[]
  return { op: op.op, noun: op.noun as Conflict['noun'], id: op.id, fields, current }
}
