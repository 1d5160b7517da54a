/** Which columns are folded, remembered per person and board on this browser. */

import type { Id } from '../sync'
import type { BoardHands } from './hands'

const key = (person: Id, board: Id) => `livelane.collapsed.${person}.${board}`

export function collapsedColumns(person: Id, board: Id): Set<Id> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(person, board)) ?? '[]')
    return new Set(Array.isArray(kept) ? kept.filter((id): id is Id => typeof id === 'number') : [])
  } catch {
    return new Set()
  }
}

let remember: { person: Id; board: Id } | null = null

/** Whose choice it is from here on. */
export function rememberCollapsedFor(person: Id, board: Id): void {
  remember = { person, board }
}

export function toggleCollapsed({ ui }: Pick<BoardHands, 'ui'>, column: Id): void {
  const collapsed = new Set(ui.getState().collapsed)
  if (!collapsed.delete(column)) collapsed.add(column)
  ui.setState({ collapsed })
  if (!remember) return
  try {
    localStorage.setItem(key(remember.person, remember.board), JSON.stringify([...collapsed]))
  } catch {
    // No storage: it holds for this visit.
  }
}
