/** Everything a hand can do on the board, as functions: keys, menus, palette and pointer share them. */

import { createContext, type RefObject, useContext, useMemo } from 'react'
import type { Times } from '../history/times'
import { useTimes } from '../history/useTimes'
import { useBoard } from '../live/board'
import type { BoardStore, Id } from '../sync'
import { board as texts } from '../texts/board'
import { announce } from '../ui/announce'
import { shownTickets } from './filter'
import { archiveTickets, copyText, inOrder, moveTickets, ticketHref } from './moves'
import { afterAt, afterStep, between, clamp } from './places'
import { focusTicket, type UiStore } from './ui'

export interface BoardHands {
  store: BoardStore
  ui: UiStore
  times: Times
  /** Is the keyboard somewhere on the board? A ticket that is drawn anew takes it back then. */
  inside: RefObject<boolean>
  /** The keyboard arrived at a ticket by itself. */
  focused(id: Id): void
  /** The selection, or the focused ticket; in the board's order. */
  targets(): Id[]
  toggle(id: Id): void
  extendTo(id: Id): void
  selectColumn(): void
  clearSelection(): void
  /** To another ticket or column. */
  go(to: 'up' | 'down' | 'left' | 'right' | 'first' | 'last'): void
  /** The targets, at once. */
  shift(to: 'up' | 'down' | 'left' | 'right'): void
  /** After a move the keyboard stays on the ticket, wherever it is drawn now. */
  refocus(): void
  openMove(ids: readonly Id[]): void
  archive(ids: readonly Id[]): void
  edit(id: Id): void
  compose(column?: Id): void
  copyLink(id: Id): void
  /** The address with the path prefix. */
  open(id: Id): void
}

const HandsContext = createContext<BoardHands | undefined>(undefined)
export const HandsProvider = HandsContext.Provider

export function useHands(): BoardHands {
  const hands = useContext(HandsContext)
  if (!hands) throw new Error('useHands outside a board page')
  return hands
}

export function makeHands(
  store: BoardStore,
  ui: UiStore,
  times: Times,
  inside: RefObject<boolean>,
  go: (path: string) => void,
  mayEdit: () => boolean,
): BoardHands {
  const shown = (column: Id) => shownTickets(store, column, ui.getState().filter)
  const open = () => store.columns().filter((column) => !ui.getState().collapsed.has(column))
  const allowed = () => {
    if (mayEdit()) return true
    announce(texts.viewerSentence)
    return false
  }

  /** Where the keyboard is; the first ticket when it is nowhere yet. */
  function here(): { column: Id; ticket: Id | null; index: number } | undefined {
    const { focus } = ui.getState()
    if (focus && store.column(focus.column)) {
      const tickets = shown(focus.column)
      const at = focus.ticket === null ? -1 : tickets.indexOf(focus.ticket)
      if (at >= 0) return { ...focus, index: at }
      const index = clamp(focus.index, 0, Math.max(0, tickets.length - 1))
      return { column: focus.column, ticket: tickets[index] ?? null, index }
    }
    const column = open().find((id) => shown(id).length) ?? open()[0]
    return column === undefined ? undefined : { column, ticket: shown(column)[0] ?? null, index: 0 }
  }

  const hands: BoardHands = {
    store,
    ui,
    times,
    inside,
    focused(id) {
      const ticket = store.ticket(id)
      if (!ticket) return
      const { focus } = ui.getState()
      const index = shown(ticket.column_id).indexOf(ticket.id)
      if (focus?.ticket === ticket.id && focus.index === index) return
      ui.setState({ focus: { column: ticket.column_id, ticket: ticket.id, index } })
    },
    targets() {
      const { selected, focus } = ui.getState()
      if (selected.size) return inOrder(store, selected)
      return focus?.ticket != null && store.ticket(focus.ticket) ? [focus.ticket] : []
    },
    toggle(id) {
      const selected = new Set(ui.getState().selected)
      if (!selected.delete(id)) selected.add(id)
      ui.setState({ selected, anchor: id })
      announce(texts.spokenSelection(selected.size))
    },
    extendTo(id) {
      const ticket = store.ticket(id)
      if (!ticket) return
      const { anchor, focus, selected } = ui.getState()
      const from = anchor ?? focus?.ticket ?? id
      const all = between(shown(ticket.column_id), from, id)
      const next = new Set([...selected, from, ...(all.length ? all : [id])])
      ui.setState({ selected: next, anchor: from })
      announce(texts.spokenSelection(next.size))
    },
    selectColumn() {
      const at = here()
      if (!at) return
      const selected = new Set(shown(at.column))
      ui.setState({ selected, anchor: at.ticket })
      announce(texts.spokenSelection(selected.size))
    },
    clearSelection() {
      ui.setState({ selected: new Set(), anchor: null })
    },
    go(to) {
      const at = here()
      if (!at) return
      const { focus } = ui.getState()
      const nowhere = !focus || (focus.ticket === null && at.ticket !== null) || !inside.current
      if (nowhere) return focusTicket(ui, at.column, at.ticket, at.index)
      if (to === 'left' || to === 'right') {
        const columns = open()
        const next = columns[columns.indexOf(at.column) + (to === 'left' ? -1 : 1)]
        if (next === undefined) return
        const tickets = shown(next)
        const index = clamp(at.index, 0, Math.max(0, tickets.length - 1))
        return focusTicket(ui, next, tickets[index] ?? null, index)
      }
      const tickets = shown(at.column)
      const last = tickets.length - 1
      const index =
        to === 'first' ? 0 : to === 'last' ? last : clamp(at.index + (to === 'up' ? -1 : 1), 0, last)
      if (tickets[index] !== undefined) focusTicket(ui, at.column, tickets[index], index)
    },
    shift(to) {
      if (!allowed()) return
      const moving = hands.targets()
      const lead = moving[0] === undefined ? undefined : store.ticket(moving[0])
      if (!lead) return
      const column = lead.column_id
      if (to === 'up' || to === 'down') {
        const same = moving.filter((id) => store.ticket(id)?.column_id === column)
        const step = afterStep(store.tickets(column), shown(column), same, to === 'up' ? -1 : 1)
        if (!step) return announce(texts.spokenAtEnd)
        moveTickets(hands, same, column, step.after)
      } else {
        const columns = open()
        const next = columns[columns.indexOf(column) + (to === 'left' ? -1 : 1)]
        if (next === undefined) return announce(texts.spokenAtEnd)
        const set = new Set(moving)
        const index = shown(column).indexOf(lead.id)
        moveTickets(hands, moving, next, afterAt(store.tickets(next), shown(next), index, set))
      }
      hands.refocus()
    },
    refocus() {
      const { focus } = ui.getState()
      const ticket = focus?.ticket == null ? undefined : store.ticket(focus.ticket)
      if (!ticket) return
      const index = shown(ticket.column_id).indexOf(ticket.id)
      focusTicket(ui, ticket.column_id, ticket.id, Math.max(0, index))
    },
    openMove(ids) {
      if (ids.length && allowed()) ui.setState({ dialog: { is: 'move', ids } })
    },
    archive(ids) {
      if (allowed()) archiveTickets(hands, ids)
    },
    edit(id) {
      const ticket = store.ticket(id)
      if (!ticket || !allowed()) return
      const { title, version } = ticket
      ui.setState({ editing: { id: ticket.id, draft: title, was: title, seen: version, caret: null } })
    },
    compose(column) {
      const where = column ?? here()?.column ?? store.columns()[0]
      if (where !== undefined && allowed()) ui.setState({ composing: where })
    },
    copyLink(id) {
      const path = ticketHref(store.id, id)
      void copyText(new URL(path.slice(1), document.baseURI).href, texts.linkCopied(id))
    },
    open(id) {
      go(ticketHref(store.id, id))
    },
  }

  return hands
}

/** The hands of this page. */
export function useMakeHands(
  ui: UiStore,
  inside: RefObject<boolean>,
  go: (path: string) => void,
): BoardHands {
  const store = useBoard()
  const times = useTimes()
  return useMemo(
    () =>
      makeHands(store, ui, times, inside, go, () => {
        const role = store.role()
        return role === 'editor' || role === 'owner'
      }),
    [store, ui, times, inside, go],
  )
}
