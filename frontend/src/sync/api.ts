/** What the rest of the app may use of `sync`: the contract between what is seen and what is so. */

import type {
  Applied,
  Board,
  BoardStatus,
  Column,
  Command,
  Conflict,
  Connection,
  Id,
  Key,
  LatencySample,
  Member,
  Membership,
  Notice,
  Operation,
  PendingMark,
  Person,
  Role,
  Ticket,
  UndoEntry,
  Viewed,
} from './types'

/**
 * One board, live: what the server confirmed with my unconfirmed changes laid over it.
 *
 * Getters are cheap and return the same object until it changes, so they fit `useSyncExternalStore`:
 * `useSyncExternalStore(cb => store.subscribe('ticket:7', cb), () => store.ticket(7))`.
 */
export interface BoardStore {
  readonly id: Id

  /** Calls `listener` after each flush (once per animation frame) in which `key` changed. Returns the way to stop. */
  subscribe(key: Key, listener: () => void): () => void

  status(): BoardStatus
  /** The last event number applied; 0 while loading. */
  seq(): number
  /** Milliseconds since 1970 of the moment up to which the board is known to be complete; null while loading. */
  completeAt(): number | null

  board(): Viewed<Board> | undefined
  column(id: Id): Viewed<Column> | undefined
  /** Open columns, left to right. */
  columns(): readonly Id[]
  /** An open ticket; also by the negative id under which it was created. Undefined once archived, deleted or moved away. */
  ticket(id: Id): Viewed<Ticket> | undefined
  /** Open tickets of a column, top to bottom. */
  tickets(column: Id): readonly Id[]
  members(): readonly Member[]
  /** My own role here. */
  role(): Role | undefined
  /** Whose name stands behind an id in rows and events, also of former members once seen. */
  nameOf(person: Id): string | undefined

  /** The description as far as known; undefined = not loaded: call `loadDescription` and subscribe to `description:<id>`. */
  description(id: Id): string | undefined
  loadDescription(id: Id): void

  /** Does it here at once, sends it, and tells how it ended. Several together are one step for undo. */
  run(command: Command): Operation
  runAll(commands: readonly Command[]): Operation[]

  /** The newest step that can be undone. */
  undoable(): UndoEntry | undefined
  /** Sends the inverse as a new change, refused when someone changed the same thing since. Of `key`, or the newest. */
  undo(key?: string): Operation[]
  redo(): Operation[]

  /** My changes to this board that are not confirmed, oldest first. */
  pending(): readonly (PendingMark & { command: Command; id: Id })[]
  /** Again, now: one failed change, or all that wait. */
  retry(op?: string): void
  /** Gives a change up. */
  discard(op: string): void
  conflicts(): readonly Conflict[]
  /** `mine` sends it again over what is there now; `theirs` gives mine up. */
  resolve(op: string, keep: 'mine' | 'theirs'): void

  connection(): Connection
  /** The last 100 events' ways, oldest first. */
  latency(): readonly LatencySample[]

  /** What was applied, once per flush. */
  onApplied(listener: (applied: Applied) => void): () => void
  onNotice(listener: (notice: Notice) => void): () => void

  /** Lets go. The store closes when its last holder did. */
  close(): void
}

/** Changes kept from an earlier visit, older than 24 h: they go out only when the person says so. */
export interface OldChanges {
  count: number
  /** The oldest's, milliseconds since 1970. */
  since: number
  send(): void
  discard(): void
}

/** Who is signed in on this browser, and everything that lives and dies with that. */
export interface Session {
  readonly person: Person
  /** Opens a board or joins the one that is open in this tab. Each call needs its own `close()`. */
  open(board: Id): BoardStore
  /** Boards of mine, live; undefined until the stream or REST told. */
  memberships(): readonly Membership[] | undefined
  connection(): Connection
  /** All my unsaved changes on this browser, this tab's and adopted ones. */
  unsaved(): number
  oldChanges(): OldChanges | undefined
  subscribe(
    key: 'person' | 'memberships' | 'connection' | 'unsaved' | 'ended' | 'old',
    listener: () => void,
  ): () => void
  /** Set once this session cannot go on: `expired` (sign in again), `signed-out`, or `other` (someone else signed in). */
  ended(): 'expired' | 'signed-out' | 'other' | undefined
  signOut(): Promise<void>
}
