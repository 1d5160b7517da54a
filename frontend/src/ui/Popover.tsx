/** Something that opens beside its button: the platform's popover, placed by us; a bottom sheet on a phone. */

import { type CSSProperties, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from 'react'

const GAP = 6
const EDGE = 8
const TOP = 52 // below the top bar: nothing covers the dot

function place(pop: HTMLElement, anchor: DOMRect, side: 'below' | 'end'): void {
  const { innerWidth, innerHeight } = window
  const { width, height } = pop.getBoundingClientRect()
  let left = side === 'end' ? anchor.right - width : anchor.left
  left = Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))
  let top = anchor.bottom + GAP
  if (top + height > innerHeight - EDGE) {
    const above = anchor.top - GAP - height
    top = above >= TOP ? above : Math.max(TOP, innerHeight - EDGE - height)
  }
  pop.style.left = `${left}px`
  pop.style.top = `${Math.max(TOP, top)}px`
}

export interface PopoverProps {
  /** What it opens beside; focus returns there. A point works too, for a menu where the pointer is. */
  anchor: RefObject<HTMLElement | null> | { x: number; y: number }
  onClose: () => void
  /** Aligned with the anchor's start, or its end. */
  side?: 'below' | 'end'
  label: string
  role?: 'dialog' | 'menu'
  className?: string
  style?: CSSProperties
  children: ReactNode
}

/** Mounted = open. Closes on Escape, on a press outside, and when `onClose` unmounts it. */
export function Popover({
  anchor,
  onClose,
  side = 'below',
  label,
  role = 'dialog',
  className = '',
  style,
  children,
}: PopoverProps) {
  const ref = useRef<HTMLDivElement>(null)
  const close = useRef(onClose)
  close.current = onClose
  const at = useRef(anchor)

  useLayoutEffect(() => {
    const pop = ref.current!
    const from = at.current
    const opener = 'current' in from ? from.current : null
    const before = document.activeElement
    pop.showPopover?.()
    const put = () => {
      const rect = 'current' in from ? opener?.getBoundingClientRect() : new DOMRect(from.x, from.y, 0, 0)
      if (rect) place(pop, rect, side)
    }
    put()
    const resized = typeof ResizeObserver === 'undefined' ? undefined : new ResizeObserver(put)
    resized?.observe(pop)
    window.addEventListener('resize', put)
    const first = pop.querySelector<HTMLElement>(
      '[autofocus],[data-autofocus],[role^=menuitem]:not([aria-disabled=true]),input,button,a[href]',
    )
    ;(first ?? pop).focus({ preventScroll: true })
    return () => {
      resized?.disconnect()
      window.removeEventListener('resize', put)
      const inside = pop.contains(document.activeElement) || document.activeElement === document.body
      if (!inside) return
      const back = opener ?? before
      if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true })
    }
  }, [side])

  useEffect(() => {
    const pop = ref.current!
    const toggled = (event: Event) => {
      if ((event as ToggleEvent).newState === 'closed') close.current()
    }
    pop.addEventListener('toggle', toggled)
    return () => pop.removeEventListener('toggle', toggled)
  }, [])

  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is dialog or menu, both have names
    <div
      ref={ref}
      popover="auto"
      className={`pop ${className}`}
      role={role}
      aria-label={label}
      style={style}
      tabIndex={-1}
    >
      {children}
    </div>
  )
}
