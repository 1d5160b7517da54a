import { memo } from 'react'
import { useColumn } from '../live/board'
import type { Id } from '../sync'
import { figure } from '../ui/figures'
import { Composer } from './Composer'
import { toggleCollapsed } from './collapse'
import { useShown } from './filter'
import { useHands } from './hands'
import { LaneHead } from './LaneHead'
import { LaneList } from './LaneList'
import { useUi } from './ui'

/** One column: a labelled region with its head and its list. */
export const Lane = memo(function Lane({ id, index, last }: { id: Id; index: number; last: boolean }) {
  const column = useColumn(id)
  const collapsed = useUi((state) => state.collapsed.has(id) && !state.printing)
  if (!column) return null
  return collapsed ? <CollapsedLane id={id} /> : <OpenLane id={id} index={index} last={last} />
})

function OpenLane({ id, index, last }: { id: Id; index: number; last: boolean }) {
  const column = useColumn(id)!
  const { all, shown } = useShown(id)
  const composing = useUi((state) => state.composing === column.id || state.composing === id)
  const over = useUi((state) => state.drag?.over?.column === id)
  return (
    <section
      className={`col ${over ? 'is-over' : ''}`}
      aria-label={`${column.title}, column ${index + 1}`}
      data-column={id}
    >
      <LaneHead
        column={column}
        all={all.length}
        shown={shown.length}
        index={index}
        done={last && index > 0}
      />
      <LaneList column={column} all={all} shown={shown} done={last && index > 0} />
      {composing && <Composer column={column} />}
    </section>
  )
}

function CollapsedLane({ id }: { id: Id }) {
  const hands = useHands()
  const column = useColumn(id)!
  const { all } = useShown(id)
  return (
    <section className="col collapsed" aria-label={`${column.title}, collapsed`} data-column={id}>
      <button
        type="button"
        className="collapsed-head"
        aria-expanded="false"
        title={`Open ${column.title}`}
        onClick={() => toggleCollapsed(hands, id)}
      >
        {column.title}
        <span className="n">{figure(all.length)}</span>
      </button>
    </section>
  )
}
