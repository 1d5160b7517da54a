import {
  Archive,
  ArrowLeft,
  ArrowRight,
  ChevronsLeftRight,
  Ellipsis,
  Gauge,
  Pencil,
  Plus,
} from 'lucide-react'
import { memo, useRef, useState } from 'react'
import { Link } from 'wouter'
import { useBoard, useColumns, useMayEdit } from '../live/board'
import type { Column, Viewed } from '../sync'
import { board as texts } from '../texts/board'
import { Button, IconButton } from '../ui/Button'
import { figure } from '../ui/figures'
import { MenuButton } from '../ui/Menu'
import { Popover } from '../ui/Popover'
import { toggleCollapsed } from './collapse'
import { archiveColumn, moveColumn } from './columns'
import { type BoardHands, useHands } from './hands'
import { useUi } from './ui'
import { useArchived } from './useArchived'

const MOST_SEGMENTS = 10

/** A column's name, how full it is in words and segments, and what can be done with it. */
export const LaneHead = memo(function LaneHead({
  column,
  all,
  shown,
  index,
  done,
}: {
  column: Viewed<Column>
  /** How many tickets it has, and how many of them are shown. */
  all: number
  shown: number
  index: number
  /** The last one: what is done goes on into the archive. */
  done: boolean
}) {
  const hands = useHands()
  const mayEdit = useMayEdit()
  const filtered = useUi((state) => state.filter !== '')
  const renaming = useUi((state) => state.renaming === column.id)
  const limit = column.wip_limit
  const full = limit !== null && all >= limit
  const words =
    filtered && all > 0
      ? `${figure(shown)} of ${figure(all)}`
      : limit === null
        ? figure(all)
        : texts.full_(all, limit)

  return (
    <header className="colhead">
      {renaming ? (
        <RenameField column={column} />
      ) : (
        <h2 title={column.title} onDoubleClick={mayEdit ? () => rename(hands, column) : undefined}>
          {column.title}
        </h2>
      )}
      {!renaming && (
        <>
          <span className={`n ${full && !filtered ? 'full-word' : ''}`}>{words}</span>
          {limit !== null && !filtered && limit <= MOST_SEGMENTS && (
            <span className={`wip ${full ? 'full' : ''}`} aria-hidden="true">
              {Array.from({ length: limit }, (_, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: segments have no other name
                <i key={at} className={at < all ? '' : 'free'} />
              ))}
            </span>
          )}
        </>
      )}
      {done && !filtered && !renaming && <ArchiveLink />}
      <span className="grow" />
      <LaneTools column={column} index={index} />
    </header>
  )
})

/** "212 archived", and the way there. */
function ArchiveLink() {
  const { store } = useHands()
  const archived = useArchived()
  if (!archived) return null
  return (
    <Link href={`/boards/${store.id}/archive`} className="foot">
      <Archive className="i s" aria-hidden="true" />
      {figure(archived)} <span>archived</span>
    </Link>
  )
}

function rename({ ui }: BoardHands, column: Column): void {
  ui.setState({ renaming: column.id })
}

/** Its buttons. They stay as they are when a ticket comes or goes. */
const LaneTools = memo(function LaneTools({ column, index }: { column: Viewed<Column>; index: number }) {
  const hands = useHands()
  const mayEdit = useMayEdit()
  const columns = useColumns()
  const [limiting, setLimiting] = useState(false)
  const menu = useRef<HTMLSpanElement>(null)
  const limit = column.wip_limit
  return (
    <>
      {mayEdit && (
        <IconButton
          label={`New ticket in ${column.title}`}
          keys="C"
          data-lane-focus
          onClick={() => hands.compose(column.id)}
        >
          <Plus className="i" />
        </IconButton>
      )}
      <span ref={menu}>
        <MenuButton
          label={`Column ${column.title}`}
          side="end"
          button={(props) => (
            <IconButton label={`Menu of column ${column.title}`} {...props}>
              <Ellipsis className="i" />
            </IconButton>
          )}
          items={[
            mayEdit && {
              text: 'Rename',
              icon: <Pencil className="i" />,
              onChoose: () => rename(hands, column),
            },
            mayEdit && {
              text: limit === null ? 'Set a limit' : 'Change the limit',
              icon: <Gauge className="i" />,
              hint: limit === null ? undefined : figure(limit),
              onChoose: () => setLimiting(true),
            },
            {
              text: 'Fold',
              icon: <ChevronsLeftRight className="i" />,
              onChoose: () => toggleCollapsed(hands, column.id),
            },
            mayEdit && 'rule',
            mayEdit && {
              text: 'Move left',
              icon: <ArrowLeft className="i" />,
              disabled: index === 0,
              onChoose: () => moveColumn(hands, column.id, -1),
            },
            mayEdit && {
              text: 'Move right',
              icon: <ArrowRight className="i" />,
              disabled: index === columns.length - 1,
              onChoose: () => moveColumn(hands, column.id, 1),
            },
            mayEdit && 'rule',
            mayEdit && {
              text: 'Archive column',
              icon: <Archive className="i" />,
              onChoose: () => archiveColumn(hands, column.id),
            },
          ]}
        />
      </span>
      {limiting && (
        <Popover
          anchor={menu}
          side="end"
          label={`Limit of ${column.title}`}
          onClose={() => setLimiting(false)}
        >
          <LimitForm column={column} onDone={() => setLimiting(false)} />
        </Popover>
      )}
    </>
  )
})

function RenameField({ column }: { column: Column }) {
  const store = useBoard()
  const { ui } = useHands()
  const [title, setTitle] = useState(column.title)
  const seen = useRef(column.version)
  const over = useRef(false)

  function end(save: boolean): void {
    if (over.current) return
    over.current = true
    const name = title.trim()
    if (save && name && name !== column.title)
      store.run({ do: 'column.edit', id: column.id, title: name, seen: seen.current })
    ui.setState({ renaming: null })
  }

  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the person just asked to write here
      autoFocus
      aria-label={`Name of column ${column.title}. Enter saves, Escape reverts.`}
      maxLength={200}
      value={title}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setTitle(event.target.value)}
      onBlur={() => document.hasFocus() && end(true)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return
        if (event.key === 'Enter') end(true)
        if (event.key === 'Escape') {
          event.stopPropagation()
          end(false)
        }
      }}
    />
  )
}

function LimitForm({ column, onDone }: { column: Column; onDone: () => void }) {
  const store = useBoard()
  const [value, setValue] = useState(column.wip_limit === null ? '' : String(column.wip_limit))
  const seen = useRef(column.version)
  return (
    <form
      className="limit-form"
      onSubmit={(event) => {
        event.preventDefault()
        const limit = value.trim() === '' ? null : Math.max(1, Math.floor(Number(value)))
        if (limit !== column.wip_limit && !Number.isNaN(limit))
          store.run({ do: 'column.edit', id: column.id, wip_limit: limit, seen: seen.current })
        onDone()
      }}
    >
      <label className="field" style={{ marginBottom: 0 }}>
        <span className="name">At most this many tickets</span>
        <input
          className="input"
          type="number"
          inputMode="numeric"
          min={1}
          max={10000}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
      <p>{texts.limitHint}</p>
      <div className="row">
        <Button small look="primary" type="submit">
          Save limit
        </Button>
        {column.wip_limit !== null && (
          <Button
            small
            look="quiet"
            onClick={() => {
              store.run({ do: 'column.edit', id: column.id, wip_limit: null, seen: seen.current })
              onDone()
            }}
          >
            No limit
          </Button>
        )}
      </div>
    </form>
  )
}
