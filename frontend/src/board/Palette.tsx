import { Columns3, CornerDownRight } from 'lucide-react'
import { useCallback, useState } from 'react'
import { useLocation } from 'wouter'
import { useBoard } from '../live/board'
import { useMemberships } from '../live/session'
import type { Id } from '../sync'
import { board as texts } from '../texts/board'
import { Avatar } from '../ui/Avatar'
import { Keys } from '../ui/Button'
import { Finder, type FinderRow, type FinderSection } from '../ui/Finder'
import { matchAt } from '../ui/match'
import { type Binding, bindings, type PageHands } from './bindings'
import { useBoardMenu } from './boardMenu'
import { useHands } from './hands'
import { moveTickets, showTicket } from './moves'

const MOST_TICKETS = 6
const MOST_OTHERS = 6
/** Have a row of their own already, or make no sense without the key. */
const NOT_HERE = new Set(['Move at once', 'Extend selection', 'Select the column'])

/** Find or do on a board: what can be done with the tickets in hand first, then tickets, the board, boards, people. */
export default function Palette({
  page,
  onAddColumn,
  onRename,
  onClose,
}: {
  page: PageHands
  onAddColumn: () => void
  onRename: () => void
  onClose: () => void
}) {
  const store = useBoard()
  const hands = useHands()
  const memberships = useMemberships()
  const [, go] = useLocation()
  const menu = useBoardMenu(go, onAddColumn, onRename)
  const [targets] = useState(() => hands.targets())
  const lead = targets[0] === undefined ? undefined : store.ticket(targets[0])
  const role = store.role()
  const mayEdit = role === 'editor' || role === 'owner'

  const sectionsFor = useCallback(
    (query: string): FinderSection[] => {
      const hit = (text: string) => matchAt(text, query) !== null
      /** Its name, or the other word for it when that is what was typed; undefined when neither is. */
      const named = ({ text, also }: Binding) =>
        (text === 'This sheet' ? [also] : [text, also]).find((word) => word && hit(word))
      const command = (binding: Binding): FinderRow[] => {
        const text = named(binding)
        return text === undefined
          ? []
          : [
              {
                key: `do ${binding.text}`,
                text,
                lead: <CornerDownRight className="i" />,
                right: <Keys keys={binding.keys[0]!} />,
                run: () => binding.run(hands, page),
              },
            ]
      }

      const withTickets: FinderRow[] = []
      if (lead && mayEdit) {
        withTickets.push(...bindings.filter((binding) => binding.tickets).flatMap(command))
        for (const column of store.columns()) {
          const row = store.column(column)
          if (!row || column === lead.column_id || !hit(`Move to ${row.title}`)) continue
          const last = store.tickets(column).length + targets.length
          withTickets.push({
            key: `move ${column}`,
            text: `Move to ${row.title}`,
            lead: <CornerDownRight className="i" />,
            right: `${last} of ${last}`,
            run: () => {
              moveTickets(hands, targets, column, undefined)
              hands.refocus()
            },
          })
        }
      }

      const tickets = findTickets(
        store.columns().flatMap((id) => store.tickets(id)),
        query,
        (id) => store.ticket(id)?.title,
      ).map((id) => ({
        key: `ticket ${id}`,
        text: store.ticket(id)!.title,
        lead: <span className="t3">{id > 0 ? id : 'New'}</span>,
        right: store.column(store.ticket(id)!.column_id)?.title,
        run: () => {
          showTicket(hands, id)
          hands.open(id)
        },
      }))

      const ofTheBoard = bindings
        .filter((each) => !each.tickets && !each.unlisted && each.group !== 'Move around')
        .filter((each) => !NOT_HERE.has(each.text))
        .flatMap(command)
      for (const item of menu) {
        if (!item || item === 'rule' || 'title' in item || item.keys || typeof item.text !== 'string')
          continue
        const text = item.finder ?? item.text
        if (hit(text))
          ofTheBoard.push({ key: `menu ${text}`, text, lead: item.icon, run: () => item.onChoose() })
      }

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

      const name =
        targets.length > 1 ? `With ${targets.length} tickets` : `With ticket ${lead?.id}, ${lead?.title}`
      return [
        { title: name, rows: query ? withTickets : withTickets.slice(0, MOST_OTHERS) },
        { title: 'Tickets', rows: tickets },
        { title: 'Board', rows: ofTheBoard },
        { title: 'Boards and people', rows: [...boards, ...people] },
      ]
    },
    [lead, mayEdit, memberships, menu, store, hands, page, targets, go],
  )

  return (
    <Finder
      {...(lead && { about: targets.length > 1 ? `${targets.length} tickets` : lead.id })}
      placeholder="Find a ticket, a board, a person, or what to do"
      sectionsFor={sectionsFor}
      nothing={texts.nothingFound}
      onClose={onClose}
    />
  )
}

/** Those whose title begins so, then those with a word that does, then the rest; a whole number means that ticket. */
function findTickets(ids: readonly Id[], query: string, title: (id: Id) => string | undefined): Id[] {
  const wanted = query.trim()
  if (!wanted) return []
  const number = wanted.replace(/^#/, '')
  const starts: Id[] = []
  const words: Id[] = []
  const contains: Id[] = []
  for (const id of ids) {
    if (String(id) === number) return [id]
    const text = title(id) ?? ''
    const at = matchAt(text, wanted)
    if (at === null && !String(id).startsWith(number)) continue
    if (at === 0) starts.push(id)
    else if (at === null || text[at - 1] === ' ') words.push(id)
    else contains.push(id)
    if (starts.length >= MOST_TICKETS) break
  }
  return [...starts, ...words, ...contains].slice(0, MOST_TICKETS)
}
