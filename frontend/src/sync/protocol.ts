/** What goes over the stream and between the stream's holder and the tabs; parsing that never trusts a frame. */

import type { TopicEvent } from './types'

/** Where a reader stands in one topic. */
export interface Cursor {
  epoch: string
  seq: number
}

/** Where a stream stands: one epoch, a number for each topic delivered so far. */
export interface Vector {
  epoch: string
  seqs: ReadonlyMap<string, number>
}

export const boardTopic = (id: number) => `board/${id}`
export const userTopic = (id: number) => `user/${id}`

/** Reads `epoch:board/1=42,user/3=9`; undefined for anything else. */
export function parseVector(id: string): Vector | undefined {
  const colon = id.indexOf(':')
  if (colon < 1) return undefined
  const seqs = new Map<string, number>()
  for (const part of id.slice(colon + 1).split(',')) {
    const match = /^([a-z]+\/\d+)=(\d+)$/.exec(part)
    if (!match) return undefined
    seqs.set(match[1]!, Number(match[2]))
  }
  return { epoch: id.slice(0, colon), seqs }
}

/** Writes a vector in ascending bytes, as the server compares it; undefined when there is nothing to name. */
export function formatVector(epoch: string, seqs: Iterable<readonly [string, number]>): string | undefined {
  const parts = [...seqs].map(([topic, seq]) => `${topic}=${seq}`).sort()
  return parts.length ? `${epoch}:${parts.join(',')}` : undefined
}

/** An object with a topic and a number, or undefined: half a frame must not end the stream. */
export function parseFrame(
  data: string,
): { topic: string; seq: number; epoch?: string; reason?: string } | undefined {
  try {
    const frame = JSON.parse(data)
    return typeof frame?.topic === 'string' && Number.isSafeInteger(frame.seq) ? frame : undefined
  } catch {
    return undefined
  }
}

/** `ticket.updated` as its noun and what happened; undefined when it is not of that form. */
export function parseType(
  event: TopicEvent,
): [noun: string, verb: 'created' | 'updated' | 'deleted'] | undefined {
  const [noun, verb, rest] = event.type.split('.')
  if (!noun || rest !== undefined) return undefined
  return verb === 'created' || verb === 'updated' || verb === 'deleted' ? [noun, verb] : undefined
}

// Between tab and hub -------------------------------------------------------------------------------------------------

export type ToHub =
  /** Sent from inside the callback of `lock`: the hub drops this tab when the lock is free. */
  | { t: 'hello'; lock: string; base: string; person: number }
  | { t: 'watch'; topic: string; cursor: Cursor | null }
  | { t: 'unwatch'; topic: string }
  /** Try now: the person asked, or the browser says it is online again. */
  | { t: 'nudge' }
  /** The browser says it is offline, which may be wrong: find out. */
  | { t: 'doubt' }
  | { t: 'bye' }
  /** Where there are no locks (plain HTTP): I am still here. */
  | { t: 'here' }
  /** The hub itself ends: signed out, or its code was replaced in development. */
  | { t: 'die' }

export type ToTab =
  /** `lock` is free once this hub is gone; empty where there are no locks: then it ticks. */
  | { t: 'alive'; lock: string }
  | { t: 'tick' }
  | { t: 'state'; state: HubState }
  /** The topic was already on the stream and has come to `cursor`; what follows is newer. */
  | { t: 'joined'; topic: string; cursor: Cursor }
  | { t: 'snapshot'; topic: string; data: string; reason: string; heardAt: number }
  | { t: 'event'; topic: string; seq: number; data: string; heardAt: number }
  | { t: 'heartbeat'; at: string; heardAt: number }
  | { t: 'presence'; data: string }
  | { t: 'ended'; topic: string; reason: string }

export interface HubState {
  /** `refused`: the server said 401. `other`: it answered as somebody else. Both stay until a nudge. */
  phase: 'idle' | 'connecting' | 'open' | 'waiting' | 'refused' | 'other'
  since: number
  /** When the last stream was opened. */
  openedAt: number | null
  heardAt: number | null
  nextTryAt: number | null
  reason: string | null
  /** Status of the last refusal, 0 for no answer at all, null when there was none. */
  status: number | null
  tabs: number
}
