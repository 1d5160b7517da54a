import { useEffect, useLayoutEffect, useRef } from 'react'
import { useBoard } from '../live/board'
import type { Id } from '../sync'
import { shownTickets } from './filter'
import { useHands } from './hands'
import { focusTicket, useUi } from './ui'

/** The title, being written: Enter saves, Escape reverts. What is typed outlives the ticket being drawn elsewhere. */
export function TitleEditor({ id }: { id: Id }) {
  const store = useBoard()
  const { ui } = useHands()
  const editing = useUi((state) => state.editing)
  const field = useRef<HTMLTextAreaElement>(null)

  useLayoutEffect(() => {
    const element = field.current
    const { editing: now } = ui.getState()
    if (!element || !now) return
    element.focus({ preventScroll: true })
    if (now.caret) element.setSelectionRange(...now.caret)
    else element.select()
  }, [ui])

  // A press anywhere else saves, as leaving by key does.
  useEffect(() => {
    const pressed = (event: PointerEvent) => {
      if (event.target !== field.current) finish.current(true, false)
    }
    document.addEventListener('pointerdown', pressed, true)
    return () => document.removeEventListener('pointerdown', pressed, true)
  }, [])

  const finish = useRef(end)
  finish.current = end
  if (editing?.id !== id) return null

  function end(save: boolean, backToTicket: boolean): void {
    const { editing: now, filter } = ui.getState()
    if (!now) return
    const title = now.draft.replace(/\s+/g, ' ').trim()
    ui.setState({ editing: null })
    if (save && title && title !== now.was) store.run({ do: 'ticket.edit', id, title, seen: now.seen })
    const ticket = store.ticket(id)
    if (backToTicket && ticket)
      focusTicket(
        ui,
        ticket.column_id,
        ticket.id,
        shownTickets(store, ticket.column_id, filter).indexOf(ticket.id),
      )
  }

  return (
    <textarea
      ref={field}
      className="name-editor"
      aria-label={`Title of ${id > 0 ? id : 'the new ticket'}. Enter saves, Escape reverts.`}
      rows={1}
      maxLength={500}
      value={editing.draft}
      onChange={(event) => {
        const { value, selectionStart, selectionEnd } = event.currentTarget
        ui.setState({ editing: { ...editing, draft: value, caret: [selectionStart, selectionEnd] } })
      }}
      onSelect={(event) => {
        const { selectionStart, selectionEnd } = event.currentTarget
        const { editing: now } = ui.getState()
        if (now) ui.setState({ editing: { ...now, caret: [selectionStart, selectionEnd] } })
      }}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return
        if (event.key === 'Enter') {
          event.preventDefault()
          end(true, true)
        } else if (event.key === 'Escape') {
          event.preventDefault()
          event.stopPropagation()
          end(false, true)
        }
      }}
      onBlur={(event) => {
        // Drawn elsewhere, or the window lost the keyboard: the person is still writing.
        if (!event.currentTarget.isConnected || !document.hasFocus()) return
        if (event.relatedTarget) end(true, false)
      }}
    />
  )
}
