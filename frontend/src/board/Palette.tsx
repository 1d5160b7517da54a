import { Columns3, CornerDownRight, Search } from 'lucide-react'
import { type ReactNode, useId, useMemo, useState } from 'react'
import { useLocation } from 'wouter'
import { useBoard } from '../live/board'
import { useMemberships } from '../live/session'
import type { Id } from '../sync'
import { board as texts } from '../texts/board'
import { Avatar } from '../ui/Avatar'
import { Keys } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { bindings, type PageHands } from './bindings'
import { useHands } from './hands'
import { moveTickets, showTicket } from './moves'

interface Row {
  key: string
  text: string
  lead: ReactNode
  right?: ReactNode
  /** After the palette has closed and the keyboard is back where it was. */
  run: () => void
}

const MOST_TICKETS = 8
const MOST_OTHERS = 6

/** Find or do: what can be done with the tickets in hand first, then tickets, boards, people. */
export default function Palette({ page, onClose }: { page: PageHands; onClose: () => void }) {
  const store = useBoard()
  const hands = useHands()
  const memberships = useMemberships()
  const [, go] = useLocation()
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState(0)
  const list = useId()
  const [targets] = useState(() => hands.targets())
  const lead = targets[0] === undefined ? undefined : store.ticket(targets[0])
  const role = store.role()
  const mayEdit = role === 'editor' || role === 'owner'

  const sections = useMemo(() => {
    const found: { title: string; rows: Row[] }[] = []
    const hit = (text: string) => matchAt(text, query) !== null
    if (lead && mayEdit) {
      const rows: Row[] = []
      for (const binding of bindings) {
        if (!binding.tickets || !hit(binding.text)) continue
        rows.push({
          key: `do ${binding.text}`,
          text: binding.text,
          lead: <CornerDownRight className="i" />,
          right: <Keys keys={binding.keys[0]!} />,
          run: () => binding.run(hands, page),
        })
      }
      for (const column of store.columns()) {
        const row = store.column(column)
        if (!row || column === lead.column_id || !hit(`Move to ${row.title}`)) continue
        rows.push({
          key: `move ${column}`,
          text: `Move to ${row.title}`,
          lead: <CornerDownRight className="i" />,
          right: `${store.tickets(column).length + targets.length} of ${store.tickets(column).length + targets.length}`,
          run: () => {
            moveTickets(hands, targets, column, undefined)
            hands.refocus()
          },
        })
      }
      const name =
        targets.length > 1 ? `With ${targets.length} tickets` : `With ticket ${lead.id}, ${lead.title}`
      if (rows.length) found.push({ title: name, rows: query ? rows : rows.slice(0, MOST_OTHERS) })
    }
    const tickets = findTickets(
      store.columns().flatMap((id) => store.tickets(id)),
      query,
      (id) => store.ticket(id)?.title,
    )
    if (tickets.length)
      found.push({
        title: 'Tickets',
        rows: tickets.map((id) => ({
          key: `ticket ${id}`,
          text: store.ticket(id)!.title,
          lead: <span className="t3">{id > 0 ? id : 'New'}</span>,
          right: store.column(store.ticket(id)!.column_id)?.title,
          run: () => {
            showTicket(hands, id)
            hands.open(id)
          },
        })),
      })
    const commands = bindings
      .filter(
        (binding) =>
          !binding.tickets && !binding.unlisted && binding.group !== 'Move around' && hit(binding.text),
      )
      .filter((binding) => binding.text !== 'Move at once' && binding.text !== 'Extend selection')
      .map((binding) => ({
        key: `do ${binding.text}`,
        text: binding.text === 'This sheet' ? 'Shortcuts' : binding.text,
        lead: <CornerDownRight className="i" />,
        right: <Keys keys={binding.keys[0]!} />,
        run: () => binding.run(hands, page),
      }))
    if (commands.length) found.push({ title: 'Board', rows: commands })
    const boards = (memberships ?? [])
      .filter((each) => each.board_id !== store.id && hit(each.title))
      .slice(0, MOST_OTHERS)
      .map((each) => ({
        key: `board ${each.board_id}`,
        text: each.title,
        lead: <Columns3 className="i" />,
        right: each.role === 'viewer' ? 'view only' : undefined,
        run: () => go(`/boards/${each.board_id}`),
      }))
    const people = query
      ? store
          .members()
          .filter((member) => hit(member.name))
          .slice(0, MOST_OTHERS)
          .map((member) => ({
            key: `person ${member.person_id}`,
            text: member.name,
            lead: <Avatar id={member.person_id} name={member.name} decorative />,
            right: member.role,
            run: () => go(`/boards/${store.id}/members`),
          }))
      : []
    if (boards.length || people.length)
      found.push({ title: 'Boards and people', rows: [...boards, ...people] })
    return found
  }, [query, lead, mayEdit, memberships, store, hands, page, targets, go])

  const rows = sections.flatMap((section) => section.rows)
  const current = rows[Math.min(chosen, rows.length - 1)]

  function choose(row: Row | undefined): void {
    if (!row) return
    onClose()
    // After the dialog gave the keyboard back.
    setTimeout(row.run)
  }

  return (
    <Dialog title="Find or do" bare className="palette" onClose={onClose}>
      <div className="q">
        <Search className="i" aria-hidden="true" />
        {lead && <span className="on">{targets.length > 1 ? `${targets.length} tickets` : lead.id}</span>}
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={current && `${list}-${current.key}`}
          aria-autocomplete="list"
          aria-label="Find or do"
          placeholder="Find a ticket, a board, a person, or what to do"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setChosen(0)
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return
            const last = rows.length - 1
            if (event.key === 'ArrowDown') setChosen((at) => (at >= last ? 0 : at + 1))
            else if (event.key === 'ArrowUp') setChosen((at) => (at <= 0 ? last : at - 1))
            else if (event.key === 'Enter') choose(current)
            else return
            event.preventDefault()
          }}
        />
      </div>
      <div className="results" role="listbox" id={list} aria-label="Results">
        {sections.map((section) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own
          <div key={section.title} role="group" aria-label={section.title}>
            <h3 role="presentation">{section.title}</h3>
            {section.rows.map((row) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keyboard
              // biome-ignore lint/a11y/useFocusableInteractive: as above, by aria-activedescendant
              <div
                key={row.key}
                id={`${list}-${row.key}`}
                role="option"
                aria-selected={row === current}
                className="opt-row"
                ref={row === current ? intoSight : undefined}
                onPointerMove={() => setChosen(rows.indexOf(row))}
                onClick={() => choose(row)}
              >
                <span className="lead">{row.lead}</span>
                <span className="text">
                  <Marked text={row.text} query={query} />
                </span>
                <span className="r">{row.right}</span>
              </div>
            ))}
          </div>
        ))}
      </div>
      {!rows.length && <p className="nothing">{texts.nothingFound(query)}</p>}
      <div className="hint" aria-hidden="true">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>Enter</kbd> do it
        </span>
        <span>
          <kbd>Esc</kbd> back to where you were
        </span>
      </div>
    </Dialog>
  )
}

function intoSight(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' })
}

/** Where `query` stands in `text`, at the start of a word if it can be; null when it does not. */
export function matchAt(text: string, query: string): number | null {
  const wanted = query.trim().toLowerCase()
  if (!wanted) return 0
  const lower = text.toLowerCase()
  if (lower.startsWith(wanted)) return 0
  const word = lower.indexOf(` ${wanted}`)
  if (word >= 0) return word + 1
  const anywhere = lower.indexOf(wanted)
  return anywhere >= 0 ? anywhere : null
}

function findTickets(ids: readonly Id[], query: string, title: (id: Id) => string | undefined): Id[] {
  const wanted = query.trim()
  if (!wanted) return []
  const number = wanted.replace(/^#/, '')
  const starts: Id[] = []
  const contains: Id[] = []
  for (const id of ids) {
    if (String(id) === number) return [id]
    const at = matchAt(title(id) ?? '', wanted)
    if (at === null && !String(id).startsWith(number)) continue
    ;(at === 0 ? starts : contains).push(id)
    if (starts.length >= MOST_TICKETS) break
  }
  return [...starts, ...contains].slice(0, MOST_TICKETS)
}

function Marked({ text, query }: { text: string; query: string }) {
  const wanted = query.trim()
  const at = wanted ? matchAt(text, wanted) : null
  if (at === null) return text
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  )
}
