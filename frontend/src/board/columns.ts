/** What a person does to columns and the board, with the words and the undo that belong to it. */

import type { After, Id } from '../sync'
import { board as texts } from '../texts/board'
import { announce } from '../ui/announce'
import { done, type Hands, plain } from './moves'

/** A step to the left or right. */
export function moveColumn({ store }: Hands, id: Id, step: -1 | 1): void {
  const columns = store.columns()
  const at = columns.indexOf(id)
  const to = at + step
  if (at < 0 || to < 0 || to >= columns.length) return
  const others = columns.filter((other) => other !== id)
  const after: After = to === 0 ? null : others[to - 1]
  store.run({ do: 'column.move', id, ...(after === undefined ? {} : { after }) })
  announce(`${store.column(id)?.title} is column ${to + 1} of ${columns.length}.`)
}

export function archiveColumn({ store }: Hands, id: Id): void {
  const column = store.column(id)
  if (!column) return
  const parts = texts.archivedColumn(column.title, store.tickets(id).length)
  store.run({ do: 'column.archive', id })
  done(store, parts)
  announce(`${plain(parts)}.`)
}

export function addColumn({ store }: Hands, title: string): void {
  const name = title.trim()
  if (!name) return
  store.run({ do: 'column.create', title: name })
  announce(`Added column ${name}.`)
}
