import { type KeyboardEvent, useEffect, useRef } from 'react'
import { pressTicketKey } from './keys'
import { Ticket, type TicketProps } from './Ticket'

/** Three lanes wide beside the board, which goes on living: no modal. Escape closes; the focus goes in and comes back. */
export default function TicketPanel(props: TicketProps) {
  const panel = useRef<HTMLElement>(null)
  const { id, onClose, onMove, editTitle } = props

  /** Escape closes; the board's keys for one ticket mean this one here. */
  function pressed(event: KeyboardEvent<HTMLElement>): void {
    if (event.defaultPrevented) return
    if (event.key === 'Escape') {
      event.stopPropagation()
      return onClose()
    }
    pressTicketKey(event.nativeEvent, panel.current, onMove)
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
