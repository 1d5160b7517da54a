/** Short sentences at the bottom left that go by themselves, with what can be done about them. */

import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { announce } from './announce'
import { IconButton, Keys } from './Button'
import { lessMotion } from './prefs'

export interface Toast {
  /** A toast with the key of an older one takes its place. */
  key?: string
  text: ReactNode
  /** What can be done about it; the first is the one to choose. Without any, it can be closed. */
  actions?: readonly { text: string; keys?: string; run: () => void }[]
  /** Said aloud already, or not worth saying. */
  quiet?: boolean
  /** Milliseconds it stays; null = until closed. 8 s unless told. */
  stays?: number | null
}

interface Shown extends Toast {
  id: number
}

const STAYS_MS = 8_000
const MOST = 4

let shown: readonly Shown[] = []
let next = 1
const listeners = new Set<() => void>()

function set(toasts: readonly Shown[]): void {
  shown = toasts
  for (const listener of listeners) listener()
}

/** Shows it; returns the way to take it back. */
export function toast(what: Toast): () => void {
  const id = next++
  const others = what.key ? shown.filter((other) => other.key !== what.key) : shown
  set([...others, { ...what, id }].slice(-MOST))
  return () => close(id)
}

export function closeToast(key: string): void {
  set(shown.filter((other) => other.key !== key))
}

function close(id: number): void {
  set(shown.filter((other) => other.id !== id))
}

/** Where toasts appear; once, in the app. */
export function Toasts() {
  const toasts = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => shown,
  )
  return (
    <section className="toasts" aria-label="Messages">
      {toasts.map((each) => (
        <ToastLine key={each.id} toast={each} />
      ))}
    </section>
  )
}

function ToastLine({ toast: { id, text, actions, quiet = false, stays = STAYS_MS } }: { toast: Shown }) {
  const [held, setHeld] = useState(false)
  const left = useRef(stays ?? 0)
  const bar = useRef<HTMLSpanElement>(null)
  const line = useRef<HTMLParagraphElement>(null)

  // One live region speaks for all: a second one here would say things twice.
  useEffect(() => {
    if (!quiet) announce(line.current?.textContent ?? '')
  }, [quiet])

  useEffect(() => {
    if (stays === null || held) return
    const from = Date.now()
    const timer = setTimeout(() => close(id), left.current)
    const fraction = left.current / stays
    const reduced = lessMotion()
    const running = reduced
      ? undefined
      : bar.current?.animate?.(
          [{ transform: `scaleX(${fraction})` }, { transform: 'scaleX(0)' }],
          left.current,
        )
    return () => {
      clearTimeout(timer)
      running?.cancel()
      left.current = Math.max(1_500, left.current - (Date.now() - from))
    }
  }, [id, stays, held])

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only waits while it is looked at; what it offers are buttons
    <div
      className="toast"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <p ref={line}>{text}</p>
      {actions?.length ? (
        <span className="acts">
          {actions.map((action) => (
            <button
              key={action.text}
              type="button"
              className="btn"
              onClick={() => {
                close(id)
                action.run()
              }}
            >
              {action.text}
              {action.keys && <Keys keys={action.keys} />}
            </button>
          ))}
        </span>
      ) : (
        <IconButton label="Close" className="btn" onClick={() => close(id)}>
          <X className="i s" />
        </IconButton>
      )}
      {stays !== null && !held && <span className="left" ref={bar} />}
    </div>
  )
}
