/** The words of the live board: rows, events, what is pending, and how the connection is. No code, only shapes. */

import type { Rows } from '../api/calls'

/** A row's id. Positive ids are the server's; a negative one names something made here that the server has not confirmed. */
export type Id = number

/** RFC 3339, UTC. */
export type Timestamp = string

export type Role = Rows['MemberChange']['role']

export type Board = Omit<Rows['Board'], 'role'>

export type Column = Rows['Column']

/** A ticket's row. The description is not part of it: ask `BoardStore.description`, it is loaded on demand. */
export type Ticket = Omit<Rows['Ticket'], 'description'>

export interface Member {
  person_id: Id
  name: string
  role: Role
  version?: number
}

export type Person = Pick<
  Rows['Me'],
  'id' | 'uid' | 'name' | 'email' | 'admin' | 'time_zone' | 'locale' | 'has_password'
>

export interface Membership {
  board_id: Id
  title: string
  role: Role
}

/** A topic's whole state at `seq`, as REST and the stream send it. Arrays of unknown nouns are kept, not read. */
export interface BoardSnapshot extends Pick<Rows['Snapshot'], 'v' | 'app' | 'topic' | 'seq' | 'epoch'> {
  board: Board
  columns: Column[]
  tickets: Ticket[]
  members: Member[]
  [noun: string]: unknown
}

export type Actor = Rows['Actor']

/** One committed change of one topic. */
export interface TopicEvent {
  v: number
  topic: string
  seq: number
  /** `noun.created`, `noun.updated` or `noun.deleted`; unknown nouns are passed on untouched. */
  type: string
  at: Timestamp
  /** `rest`, `sql:<role>` or `system`. */
  via: string
  actor: Actor | null
  op?: string | null
  id: Id
  set?: Record<string, unknown> | null
  was?: Record<string, unknown> | null
  /** More events of the same transaction follow: apply them together. */
  more?: boolean
  /** Texts too long for a frame, `set.description`; the log keeps them. */
  omitted?: string[]
  moved_to?: Id | null
}

// What the person does ------------------------------------------------------------------------------------------------

/**
 * A place among siblings: an id ("below this one"), `null` = first, absent = last.
 * In commands only; rows carry ranks, which the server alone makes.
 */
export type After = Id | null | undefined

/**
 * `seen`: the row's version the person was looking at when the drag or the edit began; the store's own when absent.
 * The server compares with it and refuses to overwrite what changed since.
 */
export type Command =
  | { do: 'ticket.create'; column_id: Id; title: string; description?: string; after?: After }
  | { do: 'ticket.edit'; id: Id; title?: string; description?: string; seen?: number }
  | { do: 'ticket.move'; id: Id; column_id: Id; after?: After; seen?: number }
  | { do: 'ticket.archive'; id: Id }
  | { do: 'ticket.restore'; id: Id }
  | { do: 'column.create'; title: string; after?: After }
  | { do: 'column.edit'; id: Id; title?: string; wip_limit?: number | null; seen?: number }
  | { do: 'column.move'; id: Id; after?: After; seen?: number }
  | { do: 'column.archive'; id: Id }
  | { do: 'column.restore'; id: Id }
  | { do: 'board.edit'; title?: string; description?: string; seen?: number }
  | { do: 'board.archive' }
  | { do: 'board.restore' }
  | { do: 'member.edit'; person_id: Id; role: Role }
  /** With the address that brings them back, it can be undone; owners know it. */
  | { do: 'member.remove'; person_id: Id; email?: string }
  | { do: 'member.add'; person_id: Id; email: string; name: string; role: Role }

/** How far a change of mine has come: on its way, waiting for a connection, or refused in a way that needs the person. */
export type PendingState = 'saving' | 'waiting' | 'failed' | 'conflict'

export interface PendingMark {
  op: string
  state: PendingState
  /** When the person did it, milliseconds since 1970. Show "Saving" from 400 ms on. */
  since: number
  /** Why it failed, in `failed`; else absent. */
  refusal?: Refusal
}

/** A row of the view with the youngest change of mine that is not yet confirmed. */
export type Viewed<Row> = Row & { readonly pending?: PendingMark }

/** The server's "no", or the lack of an answer, in the words of RFC 9457. */
export interface Refusal {
  /** Last part of the problem's type: `conflict`, `wip-limit`, `locked`, `archived`, `forbidden` …, or `network`. */
  problem: string
  /** 0 when there was no answer. */
  status: number
  title: string
  detail: string
  errors?: { field: string; detail: string }[]
  /** When it was said, milliseconds since 1970. */
  at: number
}

/** Somebody changed the same field since. Nothing was applied; both values are here and the person chooses. */
export interface Conflict {
  op: string
  noun: 'ticket' | 'column' | 'board'
  id: Id
  fields: ConflictField[]
  /** The row as it is on the server. */
  current: Record<string, unknown>
}

export interface ConflictField {
  /** `title`, `description`, `wip_limit` …; `position` has `{column_id, after}` as values. */
  field: string
  yours: unknown
  theirs: unknown
  by: Actor | null
  /** The role's name when it was SQL, `sql:<role>`. */
  via?: string
  at: Timestamp | null
}

/** How a command ended. `saved`: seq of its event, null when nothing changed. `id`: the row's id on the server. */
export type Outcome =
  | { is: 'saved'; id: Id; seq: number | null }
  | { is: 'refused'; refusal: Refusal }
  | { is: 'conflict'; conflict: Conflict }
  | { is: 'discarded' }

export interface Operation {
  /** Also the Idempotency-Key, and the `op` of the event it causes. */
  op: string
  /** The row it is about; negative for one being created, until `settled` tells the real one. */
  id: Id
  /** When the server has decided. Never rejects. Offline it may take days. */
  settled: Promise<Outcome>
}

/** An entry of the undo stack: one or several commands that go back together. */
export interface UndoEntry {
  key: string
  ops: string[]
  commands: Command[]
}

// What the store tells ------------------------------------------------------------------------------------------------

/**
 * What a component listens to. `ticket:7` one ticket; `tickets:3` the order of column 3; `column:3` its row; `description:7`;
 * `columns` their order; `board`, `members`, `status`, `connection`, `pending`, `conflicts`, `undo`, `latency` as they say.
 */
export type Key =
  | `ticket:${Id}`
  | `tickets:${Id}`
  | `column:${Id}`
  | `description:${Id}`
  | 'columns'
  | 'board'
  | 'members'
  | 'status'
  | 'connection'
  | 'pending'
  | 'conflicts'
  | 'undo'
  | 'latency'

/** `gone`: no such board. `forbidden`: not a member (any more). */
export type BoardStatus = 'loading' | 'ready' | 'gone' | 'forbidden'

/**
 * `live` everything is here; `catching` events are still missing (`behind` of them, when known); `reconnecting` the
 * stream is lost and tried again; `offline` nobody answers (since `since`); `polling` REST answers, streams do not: the
 * board is re-read every few seconds; `ended` the session is over; `other` somebody else signed in here: nothing is sent.
 */
export type ConnectionWord =
  | 'connecting'
  | 'live'
  | 'catching'
  | 'reconnecting'
  | 'offline'
  | 'polling'
  | 'ended'
  | 'other'

export interface Connection {
  word: ConnectionWord
  /** Since when it is so, milliseconds since 1970. */
  since: number
  /** Last time anything came over the stream. */
  heardAt: number | null
  /** When the next attempt is made, if one is scheduled. */
  nextTryAt: number | null
  /** Said by the server before it went: `restart`. */
  reason: string | null
  behind: number | null
  /** Tabs that share the stream, this one included. */
  tabs: number
  /** `shared`: the worker holds it; `tab`: no SharedWorker here, this tab holds its own. */
  holder: 'shared' | 'tab'
}

/** One event's way from commit to screen, all in milliseconds since 1970 on this machine's clock. */
export interface LatencySample {
  seq: number
  type: string
  mine: boolean
  /** The server's commit time, corrected by the estimated difference of the clocks. */
  committedAt: number
  /** When the stream's holder (worker) had it. */
  heardAt: number
  /** When the tab applied it. */
  appliedAt: number
  /** Just after the frame that shows it. */
  paintedAt: number
}

/** Something for a toast or the live region. */
export type Notice =
  /** `undo`: it was to take something back. `conflict`: because somebody changed the same since. */
  | {
      kind: 'refused'
      op: string
      command: Command
      id: Id
      refusal: Refusal
      undo: boolean
      conflict?: Conflict
    }
  | { kind: 'conflict'; conflict: Conflict }
  /** Back after an absence: this many events came in, this many changes of mine from before the return are saved. */
  | { kind: 'back'; events: number; sent: number }
  /** The server runs another release than this page. */
  | { kind: 'release'; app: string }

/** Events as they were applied, per flush; `mine` = caused by an operation of this tab. For flashes and announcements. */
export interface Applied {
  events: readonly (TopicEvent & { mine: boolean })[]
  /** False for what was replayed or hidden: do not animate. */
  live: boolean
}
