/** The one table of shortcuts: it binds the keys, makes the sheet, and tells the palette and the tooltips. */

import type { BoardHands } from './hands'
import { redo, undo } from './moves'

export interface Binding {
  /** Combinations as `keysOf` writes them; the first is shown. */
  keys: readonly string[]
  text: string
  /** Another word for it, by which it is found too. */
  also?: string
  group: 'Move around' | 'Change a ticket' | 'Select and board'
  /** Shown in the sheet in place of the first combination, where one row stands for several. */
  shown?: readonly string[]
  /** Part of another row of the sheet. */
  unlisted?: boolean
  /** Works on tickets: offered by the palette when there are some. */
  tickets?: boolean
  /** Returns false when there was nothing to do: the key is the browser's then. */
  run(hands: BoardHands, page: PageHands): boolean | undefined
}

/** What only the page can do. */
export interface PageHands {
  openPast(): void
  toBoards(): void
  focusFilter(): void
  /** Esc, from the inside out: returns false when nothing was open. */
  back(): boolean
}

const on = (run: (hands: BoardHands, page: PageHands) => void) => (hands: BoardHands, page: PageHands) => {
  run(hands, page)
  return true
}
/** Only with a ticket in hand. */
const withTickets = (run: (hands: BoardHands, ids: number[]) => void) => (hands: BoardHands) => {
  const ids = hands.targets()
  if (!ids.length) return false
  run(hands, ids)
  return true
}

const AROUND = 'Move around'
const CHANGE = 'Change a ticket'
const BOARD = 'Select and board'

export const bindings: readonly Binding[] = [
  {
    group: AROUND,
    text: 'Up, down',
    keys: ['ArrowUp', 'k'],
    shown: ['ArrowUp', 'ArrowDown', 'K', 'J'],
    run: on((h) => h.go('up')),
  },
  { group: AROUND, text: 'Down', unlisted: true, keys: ['ArrowDown', 'j'], run: on((h) => h.go('down')) },
  {
    group: AROUND,
    text: 'Left, right',
    keys: ['ArrowLeft', 'h'],
    shown: ['ArrowLeft', 'ArrowRight', 'H', 'L'],
    run: on((h) => h.go('left')),
  },
  { group: AROUND, text: 'Right', unlisted: true, keys: ['ArrowRight', 'l'], run: on((h) => h.go('right')) },
  {
    group: AROUND,
    text: 'First, last',
    keys: ['Home'],
    shown: ['Home', 'End'],
    run: on((h) => h.go('first')),
  },
  { group: AROUND, text: 'Last', unlisted: true, keys: ['End'], run: on((h) => h.go('last')) },
  // The ticket's own link does it: opening must work as a link does.
  { group: AROUND, text: 'Open', keys: ['Enter'], run: () => false },
  { group: AROUND, text: 'Back', keys: ['Escape'], run: (_, page) => page.back() },
  {
    group: AROUND,
    text: 'Find or do',
    keys: ['Mod+k'],
    run: on((h) => h.ui.setState({ dialog: { is: 'palette' } })),
  },
  { group: AROUND, text: 'Filter', keys: ['f', '/'], run: on((_, page) => page.focusFilter()) },

  { group: CHANGE, text: 'New ticket', keys: ['c', 'n'], run: on((h) => h.compose()) },
  {
    group: CHANGE,
    text: 'Edit title',
    also: 'Rename',
    tickets: true,
    keys: ['e', 'F2'],
    run: withTickets((h, [id]) => h.edit(id!)),
  },
  {
    group: CHANGE,
    text: 'Move to…',
    tickets: true,
    keys: ['m'],
    run: withTickets((h, ids) => h.openMove(ids)),
  },
  {
    group: CHANGE,
    text: 'Move at once',
    keys: ['Shift+ArrowRight'],
    shown: ['Shift', 'ArrowLeft', 'ArrowRight'],
    run: withTickets((h) => h.shift('right')),
  },
  {
    group: CHANGE,
    text: 'Move left',
    unlisted: true,
    keys: ['Shift+ArrowLeft'],
    run: withTickets((h) => h.shift('left')),
  },
  {
    group: CHANGE,
    text: 'Move up',
    unlisted: true,
    keys: ['Shift+ArrowUp'],
    run: withTickets((h) => h.shift('up')),
  },
  {
    group: CHANGE,
    text: 'Move down',
    unlisted: true,
    keys: ['Shift+ArrowDown'],
    run: withTickets((h) => h.shift('down')),
  },
  {
    group: CHANGE,
    text: 'Archive',
    tickets: true,
    keys: ['Delete'],
    run: withTickets((h, ids) => h.archive(ids)),
  },
  {
    group: CHANGE,
    text: 'Copy link',
    tickets: true,
    keys: ['Mod+Shift+c'],
    run: withTickets((h, [id]) => h.copyLink(id!)),
  },
  // A assign, Space assign me, Shift+L labels, P priority and D due date stand here once they exist.

  {
    group: BOARD,
    text: 'Select',
    tickets: true,
    keys: ['x'],
    run: (h) => {
      const { focus } = h.ui.getState()
      if (focus?.ticket == null) return false
      h.toggle(focus.ticket)
      return true
    },
  },
  {
    group: BOARD,
    text: 'Extend selection',
    keys: ['Shift+x'],
    run: (h) => {
      const { focus } = h.ui.getState()
      if (focus?.ticket == null) return false
      h.extendTo(focus.ticket)
      return true
    },
  },
  { group: BOARD, text: 'Select the column', keys: ['Mod+a'], run: on((h) => h.selectColumn()) },
  { group: BOARD, text: 'Undo', keys: ['Mod+z'], run: on((h) => undo(h.store)) },
  { group: BOARD, text: 'Do again', keys: ['Mod+Shift+z', 'Mod+y'], run: on((h) => redo(h.store)) },
  { group: BOARD, text: 'Time machine', keys: ['t'], run: on((_, page) => page.openPast()) },
  { group: BOARD, text: 'All boards', keys: ['b'], run: on((_, page) => page.toBoards()) },
  {
    group: BOARD,
    text: 'This sheet',
    also: 'Shortcuts',
    keys: ['?'],
    run: on((h) => h.ui.setState({ dialog: { is: 'shortcuts' } })),
  },
]

/** A single letter or sign: can be switched off (WCAG 2.1.4). */
export const isSingle = (keys: string): boolean => keys.length === 1 || /^Shift\+.$/.test(keys)

export const bindingFor = (keys: string): Binding | undefined =>
  bindings.find((binding) => binding.keys.includes(keys))
