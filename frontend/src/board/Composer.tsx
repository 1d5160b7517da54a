import { useLayoutEffect, useRef } from 'react'
import type { Column } from '../sync'
import { count } from '../ui/figures'
import { useHands } from './hands'
import { createTickets } from './moves'
import { focusTicket, useUi } from './ui'

const LONGEST = 500

/** The titles in a text: one per line that says something; a list's bullets are not part of them. */
export function titlesIn(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*(?:[-*•]\s+(?:\[[ x]\]\s+)?|\d+[.)]\s+)?/, '').trim())
    .filter(Boolean)
    .map((title) => title.slice(0, LONGEST))
}

/** Writes tickets one after the other: Enter saves and stays, Escape closes, several pasted lines offer one ticket each. */
export function Composer({ column }: { column: Column }) {
  const hands = useHands()
  const text = useUi((state) => state.written)
  const setText = (written: string) => hands.ui.setState({ written })
  const field = useRef<HTMLTextAreaElement>(null)
  const titles = titlesIn(text)
  const many = titles.length > 1

  useLayoutEffect(() => {
    field.current?.focus({ preventScroll: true })
    field.current?.setSelectionRange(field.current.value.length, field.current.value.length) // one may go on writing
    field.current?.closest('.col')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [])

  function save(each: readonly string[]): void {
    if (!each.length) return
    createTickets(hands, column.id, each)
    setText('')
    field.current?.focus()
  }

  function close(): void {
    const { store, ui } = hands
    ui.setState({ composing: null, written: '' })
    const tickets = store.tickets(column.id)
    const last = tickets.at(-1) ?? null
    focusTicket(ui, column.id, last, Math.max(0, tickets.length - 1))
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        save(titles)
      }}
    >
      <textarea
        ref={field}
        aria-label={`New ticket in ${column.title}. Enter adds it, Escape closes.`}
        placeholder="Write a ticket"
        rows={1}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Escape') {
            event.preventDefault()
            event.stopPropagation()
            close()
          } else if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault()
            save(many ? titles : titlesIn(text))
          }
        }}
        onBlur={(event) => {
          // Left for elsewhere with nothing written: it goes by itself. With text it stays.
          if (!text.trim() && event.relatedTarget && !event.currentTarget.form?.contains(event.relatedTarget))
            hands.ui.setState({ composing: null })
        }}
      />
      {many ? (
        <div className="row" role="status">
          <button type="submit" className="btn sm primary">
            Create {count(titles.length, 'ticket')}
          </button>
          <button type="button" className="btn sm quiet" onClick={() => save([titles.join(' ')])}>
            As one ticket
          </button>
        </div>
      ) : (
        <div className="row">
          <span className="hint">
            <kbd>Enter</kbd> adds, <kbd>Esc</kbd> closes
          </span>
        </div>
      )}
    </form>
  )
}
