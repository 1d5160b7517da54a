import { Ellipsis, History, ListFilter, Users, X } from 'lucide-react'
import { type RefObject, useMemo } from 'react'
import { useBoard, useColumns } from '../live/board'
import { Button, IconButton, Keys } from '../ui/Button'
import { figure } from '../ui/figures'
import { MenuButton } from '../ui/Menu'
import { useBoardMenu } from './boardMenu'
import { shownTickets, useBoardChanges } from './filter'
import { useHands } from './hands'
import { useUi } from './ui'

/** Below the top bar: what is shown, and what the board as a whole offers. */
export function FilterBar({
  field,
  go,
  onAddColumn,
  onRename,
}: {
  field: RefObject<HTMLInputElement | null>
  go: (path: string) => void
  onAddColumn: () => void
  onRename: () => void
}) {
  const store = useBoard()
  const hands = useHands()
  const menu = useBoardMenu(go, onAddColumn, onRename)
  const open = useUi((state) => state.filterOpen)
  const filter = useUi((state) => state.filter)
  const set = (text: string) => hands.ui.setState({ filter: text })
  const here = `/boards/${store.id}`

  return (
    <div className={`bar ${filter || open ? '' : 'folded'}`} data-testid="filter-bar">
      <label className={`filter-field ${filter ? 'on' : ''}`}>
        <ListFilter className="i s" aria-hidden="true" />
        <input
          ref={field}
          type="search"
          placeholder="Filter"
          aria-label="Filter tickets by text or number"
          aria-keyshortcuts="F /"
          value={filter}
          onChange={(event) => set(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' && event.key !== 'Enter') return
            if (event.nativeEvent.isComposing) return
            event.preventDefault()
            event.stopPropagation()
            if (event.key === 'Escape') set('')
            event.currentTarget.blur()
            hands.go('first')
          }}
        />
        {filter ? (
          <IconButton label="Clear the filter" keys="Escape" onClick={() => set('')}>
            <X className="i s" />
          </IconButton>
        ) : (
          <Keys keys="F" />
        )}
      </label>
      <span className="vr not-phone" style={{ margin: '0 4px' }} />
      {/* Chips for assignee, label, priority and due stand here once tickets have them: AND between kinds, OR within one. */}
      <Count />
      {filter && (
        <Button small look="quiet" className="not-phone" onClick={() => set('')}>
          Clear
        </Button>
      )}
      <span className="grow" />
      <Button
        small
        look="quiet"
        className="not-phone"
        onClick={() => go(`${here}/past`)}
        title="Time machine (T)"
      >
        <History className="i s" aria-hidden="true" />
        Time machine
      </Button>
      <Button small look="quiet" className="not-phone" onClick={() => go(`${here}/members`)}>
        <Users className="i s" aria-hidden="true" />
        Members
      </Button>
      <MenuButton
        label="Board"
        side="end"
        button={(props) => (
          <IconButton label="Board menu" className="not-phone" {...props}>
            <Ellipsis className="i" />
          </IconButton>
        )}
        items={menu}
      />
    </div>
  )
}

/** How many tickets there are, and are shown. Renders with every event; nothing else in the bar does. */
function Count() {
  const store = useBoard()
  const columns = useColumns()
  const filter = useUi((state) => state.filter)
  const change = useBoardChanges(true)
  const { shown, of } = useMemo(() => {
    void change
    let shown = 0
    let of = 0
    for (const column of columns) {
      shown += shownTickets(store, column, filter).length
      of += store.tickets(column).length
    }
    return { shown, of }
  }, [store, columns, filter, change])
  return (
    <span className="count" role="status">
      {filter ? (
        <>
          <b>{figure(shown)}</b> of {figure(of)}
        </>
      ) : (
        <>
          <b>{figure(of)}</b> {of === 1 ? 'ticket' : 'tickets'}
        </>
      )}
    </span>
  )
}
