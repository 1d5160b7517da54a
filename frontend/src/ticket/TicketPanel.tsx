import { type KeyboardEvent, useEffect, useRef } from 'react'
import { isWriting } from '../ui/keys'
import { prefs } from '../ui/prefs'
import { Ticket, type TicketProps } from './Ticket'

/** Three lanes wide beside the board, which goes on living: no modal. Escape closes; the focus goes in and comes back. */
export default function TicketPanel(props: TicketProps) {
  const panel = useRef<HTMLElement>(null)
  const { id, onClose, onMove, editTitle } = props

  /** Escape closes; the board's keys for one ticket mean this one here. */
  function pressed(event: KeyboardEvent<HTMLElement>): void {
    if (event.defaultPrevented) return
    const press = (button: string) => panel.current?.querySelector<HTMLElement>(button)?.click()
    if (event.key === 'Escape') {
      event.stopPropagation()
      return onClose()
    }
    if (isWriting(event.nativeEvent) || !prefs().keys || event.ctrlKey || event.metaKey || event.altKey)
      return
    if (event.key === 'e' || event.key === 'F2') press('h1.title button')
    else if (event.key === 'm') onMove?.()
    else if (event.key === 'Delete') press('[data-archive]')
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  useEffect(() => {
    if (!editTitle) panel.current?.focus({ preventScroll: true })
  }, [id])

  return (
    <article
      ref={panel}
      className="panel"
      aria-label={id > 0 ? `Ticket ${id}` : 'New ticket'}
      tabIndex={-1}
      onKeyDown={pressed}
    >
      <Ticket {...props} />
    </article>
  )
}
