import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine'
import { dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { autoScrollForElements } from '@atlaskit/pragmatic-drag-and-drop-auto-scroll/element'
import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import { useBoard } from '../live/board'
import type { BoardStore, Column, Id } from '../sync'
import { board as texts } from '../texts/board'
import { figure } from '../ui/figures'
import { usePhone } from '../ui/media'
import { useAnchor } from './anchor'
import { LANE, TICKET } from './drag'
import { useHeights } from './heights'
import { afterAt, positionOf } from './places'
import { TicketCard } from './TicketCard'
import { useUi, useUiStore } from './ui'

const GAP = 7
const PHONE_GAP = 8
const TOP = 9 // room for a name tag on the first ticket
const BOTTOM = 24
const OVERSCAN = 3
const LETTERS_A_LINE = 27 // in a lane of 240 px; measured afterwards

/** A column's tickets, only those in sight drawn; and where a dragged one would drop. */
export function LaneList({
  column,
  all,
  shown,
  done,
}: {
  column: Column
  all: readonly Id[]
  shown: readonly Id[]
  /** The last column: its titles are paler. */
  done: boolean
}) {
  const store = useBoard()
  const ui = useUiStore()
  const phone = usePhone()
  const list = useRef<HTMLDivElement>(null)
  const printing = useUi((state) => state.printing)
  const filtered = useUi((state) => state.filter !== '')
  const over = useUi((state) => (state.drag?.over?.column === column.id ? state.drag.over : null))
  const focus = useUi((state) => (state.focus?.column === column.id ? state.focus : null))
  const editing = useUi((state) => state.editing?.id)
  const dragged = useUi((state) => state.drag?.ids)
  const composing = useUi((state) => state.composing === column.id)
  const asked = useUi((state) => (state.focus?.column === column.id ? state.focusAsked : 0))
  const gap = phone ? PHONE_GAP : GAP
  const sizes = useMemo(() => new Sizes(store, phone), [store, phone])
  const live = useRef({ shown, focus })
  live.current = { shown, focus }

  const virtualizer = useVirtualizer<HTMLDivElement, Element>({
    count: shown.length,
    getScrollElement: () => list.current,
    // The same function as long as the order is: with another one all places are worked out anew.
    getItemKey: useCallback((index: number) => sizes.key(shown[index]!), [sizes, shown]),
    estimateSize: (index) => sizes.guess(shown[index]!),
    gap,
    paddingStart: TOP,
    paddingEnd: composing ? gap : BOTTOM,
    overscan: OVERSCAN,
    rangeExtractor: useCallback(
      (range: Range) => kept(range, shown, [focus?.ticket, editing, dragged?.[0]]),
      [shown, focus?.ticket, editing, dragged],
    ),
    initialRect: { width: 240, height: 800 },
  })
  const heights = useHeights(virtualizer)
  const items = virtualizer.getVirtualItems()
  useAnchor(virtualizer, shown, items)

  // The ticket that is to have the keyboard is scrolled in before it takes it.
  useLayoutEffect(() => {
    if (asked === 0 || asked !== ui.getState().focusAsked) return
    const { focus: now, shown: tickets } = live.current
    const index = now?.ticket == null ? -1 : tickets.indexOf(now.ticket)
    if (index >= 0) virtualizer.scrollToIndex(index, { align: 'auto' })
    list.current?.closest('.col')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    if (index < 0 && now?.ticket === null)
      list.current
        ?.closest('.col')
        ?.querySelector<HTMLElement>('[data-lane-focus]')
        ?.focus({ preventScroll: true })
  }, [asked, ui, virtualizer])

  // A new ticket comes in below: what was just written stays in sight.
  const count = shown.length
  useLayoutEffect(() => {
    if (composing && count > 0) virtualizer.scrollToIndex(count - 1, { align: 'end' })
  }, [composing, count, virtualizer])

  // The focused ticket left: the keyboard goes on at its neighbour, or follows it.
  useEffect(() => {
    if (!focus || focus.ticket === null || shown.includes(focus.ticket)) return
    const elsewhere = store.ticket(focus.ticket)
    if (elsewhere && elsewhere.column_id !== column.id) {
      ui.setState({ focus: { ...focus, column: elsewhere.column_id } })
    } else if (!elsewhere) {
      const index = Math.min(focus.index, shown.length - 1)
      const next = shown[index] ?? null
      const lost = document.activeElement === document.body || document.activeElement === null
      ui.setState((state) => ({
        focus: { column: column.id, ticket: next, index: Math.max(0, index) },
        focusAsked: lost ? state.focusAsked + 1 : state.focusAsked,
      }))
    }
  }, [focus, shown, store, ui, column.id])

  useEffect(() => {
    const element = list.current?.closest<HTMLElement>('.col')
    const scroller = list.current
    if (!element || !scroller) return
    return combine(
      dropTargetForElements({
        element,
        canDrop: ({ source }) => source.data.type === TICKET,
        getData: ({ input }) => {
          const dragged = new Set(ui.getState().drag?.ids)
          const y = input.clientY - scroller.getBoundingClientRect().top + scroller.scrollTop
          let index = 0
          for (let at = 0; at < live.current.shown.length; at++) {
            const item = virtualizer.measurementsCache[at]
            if (item && item.start + item.size / 2 > y) break
            if (!dragged.has(live.current.shown[at]!)) index++
          }
          return { type: LANE, column: column.id, index }
        },
      }),
      autoScrollForElements({
        element: scroller,
        canScroll: ({ source }) => source.data.type === TICKET,
        getAllowedAxis: () => 'vertical',
      }),
    )
  }, [ui, virtualizer, column.id])

  const stop = tabStop(shown, focus?.ticket ?? null)

  return (
    <div ref={list} className={`list lane-list ${printing ? 'all' : ''} ${composing ? 'composing' : ''}`}>
      <ul
        aria-label={`${column.title}, ${figure(shown.length)} ${shown.length === 1 ? 'ticket' : 'tickets'}`}
        style={printing ? undefined : { height: virtualizer.getTotalSize() }}
      >
        {printing
          ? shown.map((id, index) => (
              <li
                key={id}
                className="slot"
                data-index={index}
                data-ticket={id}
                aria-setsize={shown.length}
                aria-posinset={index + 1}
              >
                <TicketCard id={id} done={done} tabbable={false} />
              </li>
            ))
          : items.map(({ key, index, start }) => {
              const id = shown[index]
              return id === undefined ? null : (
                <li
                  key={key}
                  ref={heights}
                  className="slot"
                  style={{ transform: `translateY(${start}px)` }}
                  data-index={index}
                  data-ticket={id}
                  aria-setsize={shown.length}
                  aria-posinset={index + 1}
                >
                  <TicketCard id={id} done={done} tabbable={id === stop} />
                </li>
              )
            })}
        {over && <DropLine column={column.id} all={all} shown={shown} index={over.index} yOf={yOf} />}
        {all.length === 0 && !over && <Empty column={column} />}
        {filtered && all.length > 0 && shown.length === 0 && (
          <li className="foot" style={{ paddingTop: 12 }}>
            {texts.noMatchIn(all.length)}
          </li>
        )}
      </ul>
    </div>
  )

  /** Where the line is drawn: in the gap above the ticket at `index`, the dragged ones counted as they still stand there. */
  function yOf(index: number): number {
    const dragged = new Set(ui.getState().drag?.ids)
    let rest = 0
    for (let at = 0; at < shown.length; at++) {
      if (dragged.has(shown[at]!)) continue
      if (rest === index) return (virtualizer.measurementsCache[at]?.start ?? TOP) - gap / 2 - 1
      rest++
    }
    const last = virtualizer.measurementsCache[shown.length - 1]
    return last ? last.end + gap / 2 - 1 : TOP
  }
}

/** Names and guesses for thousands of tickets, asked for all of them whenever their order changes: remembered by id. */
class Sizes {
  private readonly keys = new Map<Id, string>()
  private readonly guesses = new Map<Id, number>()

  constructor(
    private readonly store: BoardStore,
    private readonly phone: boolean,
  ) {}

  /** A row keeps its element when the server names it: the client-made uid stays. */
  key(id: Id): string {
    let key = this.keys.get(id)
    if (key === undefined) {
      key = this.store.ticket(id)?.uid ?? String(id)
      this.keys.set(id, key)
    }
    return key
  }

  /** Height in px before it was measured. */
  guess(id: Id): number {
    let size = this.guesses.get(id)
    if (size === undefined) {
      const lines = Math.min(3, Math.ceil((this.store.ticket(id)?.title.length ?? 1) / LETTERS_A_LINE))
      size = this.phone ? 50 + 20 * lines : 41 + 18 * lines
      this.guesses.set(id, size)
    }
    return size
  }
}

function DropLine({
  column,
  all,
  shown,
  index,
  yOf,
}: {
  column: Id
  all: readonly Id[]
  shown: readonly Id[]
  index: number
  yOf: (index: number) => number
}) {
  const ids = useUi((state) => state.drag?.ids)
  if (!ids) return null
  const moving = new Set(ids)
  const { position, of } = positionOf(all, afterAt(all, shown, index, moving), moving)
  return (
    <li className="drop" style={{ top: yOf(index) }} aria-hidden="true" data-lane={column}>
      <span>
        {figure(position)} of {figure(of)}
      </span>
    </li>
  )
}

function Empty({ column }: { column: Column }) {
  const blocked = /^blocked$/i.test(column.title.trim())
  return (
    <li className="empty">
      <b>{blocked ? texts.emptyBlocked : texts.emptyColumn}</b>
      {texts.emptyHint[0]}
      <kbd>C</kbd>
      {texts.emptyHint[1]}
    </li>
  )
}

/** The indexes to draw: those in sight; and wherever they are `also`: the focused, the edited and the dragged ticket. */
function kept(range: Range, shown: readonly Id[], also: readonly (Id | null | undefined)[]): number[] {
  const indexes = defaultRangeExtractor(range)
  for (const id of also) {
    const at = id == null ? -1 : shown.indexOf(id)
    if (at >= 0 && !indexes.includes(at)) indexes.push(at)
  }
  return indexes.sort((a, b) => a - b)
}

function tabStop(shown: readonly Id[], focused: Id | null): Id | undefined {
  return focused !== null && shown.includes(focused) ? focused : shown[0]
}
