import { Archive, CornerDownRight, Link as LinkIcon, PanelRight, Pencil, SquareCheck } from 'lucide-react'
import { type MouseEvent, type ReactNode, useState } from 'react'
import { useMayEdit } from '../live/board'
import type { Id } from '../sync'
import { Menu } from '../ui/Menu'
import { useHands } from './hands'

/** What the right button offers on a ticket; every row also has a key. */
export function useTicketMenu(id: Id): { open: (event: MouseEvent) => void; menu: ReactNode } {
  const hands = useHands()
  const mayEdit = useMayEdit()
  const [at, setAt] = useState<{ x: number; y: number } | null>(null)

  function open(event: MouseEvent): void {
    // Text fields and links in a conflict keep the browser's own menu; so does Shift.
    if (
      event.shiftKey ||
      (event.target instanceof Element && event.target.closest('textarea, .conflict, .why'))
    )
      return
    event.preventDefault()
    setAt({ x: event.clientX, y: event.clientY })
  }

  const { selected } = hands.ui.getState()
  const ids = selected.has(id) ? hands.targets() : [id]
  const menu = at && (
    <Menu
      anchor={at}
      label={`Ticket ${id}`}
      onClose={() => setAt(null)}
      items={[
        { text: 'Open', icon: <PanelRight className="i" />, keys: 'Enter', onChoose: () => hands.open(id) },
        mayEdit && {
          text: 'Edit title',
          icon: <Pencil className="i" />,
          keys: 'E',
          onChoose: () => hands.edit(id),
        },
        mayEdit && {
          text: 'Move to…',
          icon: <CornerDownRight className="i" />,
          keys: 'M',
          onChoose: () => hands.openMove(ids),
        },
        {
          text: selected.has(id) ? 'Deselect' : 'Select',
          icon: <SquareCheck className="i" />,
          keys: 'X',
          onChoose: () => hands.toggle(id),
        },
        'rule',
        {
          text: 'Copy link',
          icon: <LinkIcon className="i" />,
          keys: 'Mod+Shift+C',
          onChoose: () => hands.copyLink(id),
        },
        mayEdit && 'rule',
        mayEdit && {
          text: ids.length > 1 ? `Archive ${ids.length} tickets` : 'Archive',
          icon: <Archive className="i" />,
          keys: 'Delete',
          onChoose: () => hands.archive(ids),
        },
      ]}
    />
  )
  return { open, menu }
}
