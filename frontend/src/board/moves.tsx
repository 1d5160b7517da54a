/** What a person does to tickets, with the words and the undo that belong to it. Drop, key, menu and palette all call these. */

import type { After, BoardStore, Command, Id, Operation, UndoEntry } from '../sync'
import { board as texts } from '../texts/board'
import { announce } from '../ui/announce'
import { copy } from '../ui/clipboard'
import { toast } from '../ui/toasts'
import { shownTickets } from './filter'
import { isSamePlace, positionOf } from './places'
import { focusTicket, type UiStore } from './ui'

/** What the commands work on. */
export interface Hands {
  store: BoardStore
  ui: UiStore
}

type Parts = readonly (string | undefined)[]

/** A sentence whose middle stands out. */
export function Sentence({ parts: [before, middle, after] }: { parts: Parts }) {
  return (
    <>
      {before}
      <b>{middle}</b>
      {after}
    </>
  )
}

export const plain = (parts: Parts) => parts.join('')

/** Says what was done, with the way back. Only the newest stands. */
export function done(store: BoardStore, parts: Parts): void {
  const key = store.undoable()?.key
  toast({
    key: 'done',
    quiet: true,
    text: <Sentence parts={parts} />,
    ...(key === undefined ? {} : { actions: [{ text: 'Undo', keys: 'Mod+Z', run: () => undo(store, key) }] }),
  })
}

/** In the order they stand on the board, and only those that are still there. */
export function inOrder(store: BoardStore, ids: Iterable<Id>): Id[] {
  const wanted = new Set([...ids].map((id) => store.ticket(id)?.id).filter((id) => id !== undefined))
  return store.columns().flatMap((column) => store.tickets(column).filter((id) => wanted.has(id)))
}

/** Moves tickets, in their order, to below `after` in `column`. `seen`: versions the person was looking at. */
export function moveTickets(
  { store, ui }: Hands,
  ids: readonly Id[],
  column: Id,
  after: After,
  seen?: ReadonlyMap<Id, number>,
): Operation[] {
  const moving = ids.filter((id) => store.ticket(id) !== undefined)
  const target = store.column(column)
  if (!moving.length || !target) return []
  const all = store.tickets(column)
  if (isSamePlace(all, after, moving)) return []
  const { position, of } = positionOf(all, after, new Set(moving))
  let below = after
  const commands = moving.map((id): Command => {
    const version = seen?.get(id)
    const command: Command = {
      do: 'ticket.move',
      id,
      column_id: column,
      ...(version === undefined ? {} : { seen: version }),
    }
    if (below !== undefined) command.after = below
    // The next goes below this one; at the very end each goes last.
    if (after !== undefined) below = id
    return command
  })
  const operations = store.runAll(commands)
  done(store, texts.moved(moving.length, moving[0]!, target.title, position, of))
  announce(
    moving.length === 1
      ? texts.spokenMove(target.title, position, of)
      : texts.spokenMoves(moving.length, target.title),
  )
  const focus = ui.getState().focus
  if (focus?.ticket != null && moving.includes(focus.ticket))
    ui.setState({ focus: { ...focus, column, index: position - 1 } })
  return operations
}

export function archiveTickets({ store, ui }: Hands, ids: readonly Id[]): void {
  const going = ids.filter((id) => store.ticket(id) !== undefined)
  if (!going.length) return
  leaveFocus({ store, ui }, going)
  store.runAll(going.map((id): Command => ({ do: 'ticket.archive', id })))
  ui.setState({ selected: new Set() })
  const parts = texts.archived(going.length, going[0]!)
  done(store, parts)
  announce(`${plain(parts)}.`)
}

/** The keyboard goes on at the next ticket, before the focused one leaves. */
function leaveFocus({ store, ui }: Hands, going: readonly Id[]): void {
  const { focus, filter } = ui.getState()
  if (focus?.ticket == null || !going.includes(focus.ticket)) return
  const shown = shownTickets(store, focus.column, filter)
  const at = shown.indexOf(focus.ticket)
  const stays = (id: Id | undefined) => id !== undefined && !going.includes(id)
  const next =
    shown.slice(at + 1).find(stays) ?? shown.slice(0, Math.max(0, at)).reverse().find(stays) ?? null
  focusTicket(ui, focus.column, next, Math.max(0, at))
}

/** One ticket for each title, below each other, below `after`. */
export function createTickets(
  { store, ui }: Hands,
  column: Id,
  titles: readonly string[],
  after?: After,
): Operation[] {
  const target = store.column(column)
  if (!target || !titles.length) return []
  let below = after
  const operations: Operation[] = []
  // Each is named before the next goes below it; together they are one step for undo only when they go last or first.
  const commands = titles.map(
    (title): Command => ({
      do: 'ticket.create',
      column_id: column,
      title,
      ...(below === undefined ? {} : { after: below }),
    }),
  )
  if (after === undefined) operations.push(...store.runAll(commands))
  else
    for (const command of commands) {
      const operation = store.run(
        command.do === 'ticket.create' && below !== undefined ? { ...command, after: below } : command,
      )
      below = operation.id
      operations.push(operation)
    }
  const all = store.tickets(column)
  const last = operations.at(-1)!
  announce(texts.spokenCreated(target.title, all.indexOf(last.id) + 1, all.length))
  if (titles.length > 1) done(store, texts.created(titles.length))
  const { filter } = ui.getState()
  const hidden = operations.find(({ id }) => filter && !shownTickets(store, column, filter).includes(id))
  if (hidden)
    toast({
      key: 'hidden',
      text: <Sentence parts={texts.hiddenByFilter(null, hidden.id)} />,
      actions: [{ text: 'Show', run: () => showTicket({ store, ui }, hidden.id) }],
    })
  return operations
}

/** Clears the filter if need be, and goes there. */
export function showTicket({ store, ui }: Hands, id: Id): void {
  const ticket = store.ticket(id)
  if (!ticket) return
  const { filter, collapsed } = ui.getState()
  if (!shownTickets(store, ticket.column_id, filter).includes(ticket.id)) ui.setState({ filter: '' })
  if (collapsed.has(ticket.column_id)) {
    const open = new Set(collapsed)
    open.delete(ticket.column_id)
    ui.setState({ collapsed: open })
  }
  const shown = shownTickets(store, ticket.column_id, ui.getState().filter)
  focusTicket(ui, ticket.column_id, ticket.id, shown.indexOf(ticket.id))
}

export function undo(store: BoardStore, key?: string): void {
  const newest = store.undoable()
  const words =
    newest && (key === undefined || newest.key === key) ? undoneWords(store, newest) : texts.undone
  const operations = store.undo(key)
  announce(operations.length || key ? plain(words) : texts.nothingToUndo)
  if (operations.length) toast({ key: 'done', quiet: true, text: <Sentence parts={words} />, stays: 3_000 })
}

/** What is so again, once these commands have taken something back. */
function undoneWords(store: BoardStore, { commands }: UndoEntry): Parts {
  const [first] = commands
  const n = commands.length
  if (!first || commands.some((each) => each.do !== first.do)) return texts.undone
  if (first.do === 'ticket.move')
    return texts.undoneMove(n, first.id, store.column(first.column_id)?.title ?? '')
  if (first.do === 'ticket.restore') return texts.undoneArchive(n, first.id)
  if (first.do === 'ticket.archive') return texts.undoneWriting(n, first.id)
  if (first.do === 'ticket.edit' && n === 1 && first.title !== undefined)
    return texts.undoneTitle(first.id, first.title)
  if (first.do === 'member.add' && n === 1) return texts.undoneRemoval(first.name)
  return texts.undone
}

export function redo(store: BoardStore): void {
  if (store.redo().length) toast({ key: 'done', text: texts.redone, stays: 3_000 })
}

/** The address of a ticket beside its board. */
export function ticketHref(board: Id, ticket: Id): string {
  return `/boards/${board}/tickets/${ticket}`
}

export async function copyText(text: string, said: Parts): Promise<void> {
  if (await copy(text)) toast({ key: 'copied', text: <Sentence parts={said} />, stays: 3_000 })
  else toast({ key: 'copied', text, stays: null }) // to copy by hand
}
