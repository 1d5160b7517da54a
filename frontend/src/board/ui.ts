/** What is so on this screen alone: focus, selection, what is being written or dragged, which dialog is open. */

import { createContext, useContext } from 'react'
import { createStore, type StoreApi, useStore } from 'zustand'
import type { Id } from '../sync'

export interface Focus {
  column: Id
  /** Null: the column itself, as it is empty. */
  ticket: Id | null
  /** Where it stood, to fall back to its neighbour when it leaves. */
  index: number
}

export interface Editing {
  id: Id
  draft: string
  /** The row's title and version when the edit began. */
  was: string
  seen: number
  /** Caret, kept when the ticket is drawn elsewhere. */
  caret: [number, number] | null
}

export interface Over {
  column: Id
  /** Among the tickets shown there, the dragged ones left out. */
  index: number
}

export interface Dragging {
  ids: readonly Id[]
  /** Versions at the start: what the person was looking at. */
  seen: ReadonlyMap<Id, number>
  over: Over | null
}

export type BoardDialog = { is: 'move'; ids: readonly Id[] } | { is: 'palette' } | { is: 'shortcuts' }

export interface BoardUi {
  focus: Focus | null
  /** Counts up whenever the focused ticket should take the keyboard. */
  focusAsked: number
  selected: ReadonlySet<Id>
  /** Where Shift extends from. */
  anchor: Id | null
  /** The column that is being written in. */
  composing: Id | null
  /** What stands in the composer: it goes along to another column. */
  written: string
  editing: Editing | null
  renaming: Id | null
  drag: Dragging | null
  filter: string
  /** On a phone the filter bar is folded away until asked for. */
  filterOpen: boolean
  /** Open beside the board: it stays marked. */
  openTicket: Id | null
  dialog: BoardDialog | null
  collapsed: ReadonlySet<Id>
  /** Everything is drawn, for paper. */
  printing: boolean
}

export type UiStore = StoreApi<BoardUi>

export function createUi(start: Partial<BoardUi> = {}): UiStore {
  return createStore<BoardUi>(() => ({
    focus: null,
    focusAsked: 0,
    selected: new Set<Id>(),
    anchor: null,
    composing: null,
    written: '',
    editing: null,
    renaming: null,
    drag: null,
    filter: '',
    filterOpen: false,
    openTicket: null,
    dialog: null,
    collapsed: new Set<Id>(),
    printing: false,
    ...start,
  }))
}

/** Gives the keyboard to a ticket, wherever it is drawn. */
export function focusTicket(ui: UiStore, column: Id, ticket: Id | null, index: number): void {
  ui.setState((state) => ({ focus: { column, ticket, index }, focusAsked: state.focusAsked + 1 }))
}

/** Names the server's id wherever the screen still says the one made here. */
export function renameIn(state: BoardUi, name: (id: Id) => Id): Partial<BoardUi> | undefined {
  const changes: Partial<BoardUi> = {}
  const { focus, editing, composing, selected, anchor } = state
  if (focus) {
    const ticket = focus.ticket === null ? null : name(focus.ticket)
    const column = name(focus.column)
    if (ticket !== focus.ticket || column !== focus.column) changes.focus = { ...focus, ticket, column }
  }
  if (editing && name(editing.id) !== editing.id) changes.editing = { ...editing, id: name(editing.id) }
  if (composing !== null && name(composing) !== composing) changes.composing = name(composing)
  if (anchor !== null && name(anchor) !== anchor) changes.anchor = name(anchor)
  if ([...selected].some((id) => name(id) !== id)) changes.selected = new Set([...selected].map(name))
  return Object.keys(changes).length ? changes : undefined
}

const UiContext = createContext<UiStore | undefined>(undefined)
export const UiProvider = UiContext.Provider

export function useUiStore(): UiStore {
  const store = useContext(UiContext)
  if (!store) throw new Error('useUiStore outside a board page')
  return store
}

export function useUi<T>(select: (state: BoardUi) => T): T {
  return useStore(useUiStore(), select)
}
