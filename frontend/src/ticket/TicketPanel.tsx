import { useEffect, useRef } from 'react'
import { Ticket, type TicketProps } from './Ticket'

/** Three lanes wide beside the board, which goes on living: no modal. Escape closes; the focus goes in and comes back. */
export default function TicketPanel(props: TicketProps) {
  const panel = useRef<HTMLElement>(null)
  const { id, onClose, editTitle } = props

  useEffect(() => {
    if (!editTitle) panel.current?.focus({ preventScroll: true })
  }, [id])

  return (
    <article
      ref={panel}
      className="panel"
      aria-label={id > 0 ? `Ticket ${id}` : 'New ticket'}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) {
          event.stopPropagation()
          onClose()
        }
      }}
    >
      <Ticket {...props} />
    </article>
  )
}
