/** The platform's modal dialog: focus stays inside, Escape closes, what lies behind is inert. Starts below the top bar. */

import { X } from 'lucide-react'
import { type CSSProperties, type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import { IconButton } from './Button'

/** Mounted = open. Focus returns to where it was. `bare`: no heading of its own, `title` is only its name. */
export function Dialog({
  title,
  onClose,
  bare = false,
  className = '',
  style,
  children,
}: {
  title: string
  onClose: () => void
  bare?: boolean
  className?: string
  style?: CSSProperties
  children: ReactNode
}) {
  const ref = useRef<HTMLDialogElement>(null)
  const heading = useId()

  useLayoutEffect(() => {
    const dialog = ref.current!
    const before = document.activeElement
    if (!dialog.open) dialog.showModal()
    dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      dialog.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])

  return (
    <dialog
      ref={ref}
      className={`dialog ${className}`}
      style={style}
      aria-labelledby={bare ? undefined : heading}
      aria-label={bare ? title : undefined}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onKeyDown={(event) => event.stopPropagation()} // the board's keys are not for here
      onPointerDown={(event) => {
        if (event.target !== ref.current) return
        const { left, right, top, bottom } = ref.current.getBoundingClientRect()
        const { clientX: x, clientY: y } = event
        if (x < left || x > right || y < top || y > bottom) onClose()
      }}
    >
      {!bare && (
        <header>
          <h2 id={heading}>{title}</h2>
          <IconButton label="Close" keys="Escape" onClick={onClose}>
            <X className="i" />
          </IconButton>
        </header>
      )}
      {children}
    </dialog>
  )
}
