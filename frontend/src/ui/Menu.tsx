/** A menu: arrows, Home, End and first letters move, Enter does, Escape and Tab close. */

import { Check } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, type RefObject, useRef, useState } from 'react'
import { keyNames } from './keys'
import { Popover, type PopoverProps } from './Popover'

export type MenuItem =
  | {
      text: ReactNode
      /** For typing ahead when `text` is no string. */
      name?: string
      /** What it is called where the menu around it is not seen. */
      finder?: string
      icon?: ReactNode
      keys?: string | undefined
      hint?: ReactNode
      danger?: boolean
      /** Why it cannot be done now; said in its place. */
      disabled?: boolean | undefined
      checked?: boolean | undefined
      onChoose: () => void
    }
  | { title: string }
  | 'rule'

export function Menu({
  items,
  onClose,
  ...rest
}: Omit<PopoverProps, 'children' | 'role'> & { items: readonly (MenuItem | false | undefined | null)[] }) {
  const typed = useRef({ text: '', at: 0 })

  function move(event: KeyboardEvent<HTMLDivElement>): void {
    const rows = [
      ...event.currentTarget.querySelectorAll<HTMLElement>('[role^=menuitem]:not([aria-disabled=true])'),
    ]
    const at = rows.indexOf(document.activeElement as HTMLElement)
    const to = (index: number) => {
      rows[(index + rows.length) % rows.length]?.focus()
      event.preventDefault()
    }
    event.stopPropagation() // the board's keys are not for here
    if (event.key === 'ArrowDown') to(at + 1)
    else if (event.key === 'ArrowUp') to(at < 0 ? -1 : at - 1)
    else if (event.key === 'Home') to(0)
    else if (event.key === 'End') to(-1)
    else if (event.key === 'Tab') {
      event.preventDefault()
      onClose()
    } else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
      const now = Date.now()
      const text = (now - typed.current.at < 700 ? typed.current.text : '') + event.key.toLowerCase()
      typed.current = { text, at: now }
      const found = rows.findIndex(
        (row, index) => index >= (text.length > 1 ? at : at + 1) && matches(row, text),
      )
      const again = found < 0 ? rows.findIndex((row) => matches(row, text)) : found
      if (again >= 0) to(again)
    }
  }

  return (
    <Popover {...rest} onClose={onClose} role="menu" className={`menu ${rest.className ?? ''}`}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the rows inside have the roles; this only hears their keys */}
      <div onKeyDown={move}>
        {items.map((item, index) => {
          // biome-ignore-start lint/suspicious/noArrayIndexKey: a menu's rows stand where they stand
          if (!item) return null
          if (item === 'rule') return <hr key={index} />
          if ('title' in item)
            return (
              <p key={index} className="menu-title">
                {item.title}
              </p>
            )
          return (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is there with menuitemradio alone
            <button
              key={index}
              type="button"
              role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.checked}
              aria-disabled={item.disabled || undefined}
              data-name={item.name}
              tabIndex={-1}
              className={`menu-row ${item.danger ? 'danger' : ''}`}
              onPointerMove={(event) => !item.disabled && event.currentTarget.focus({ preventScroll: true })}
              onClick={() => {
                if (item.disabled) return
                onClose()
                item.onChoose()
              }}
            >
              {item.icon}
              <span>{item.text}</span>
              {(item.hint || item.keys || item.checked) && (
                <span className="r">
                  {item.checked && <Check className="i" aria-hidden="true" />}
                  {item.hint}
                  {item.keys && keyNames(item.keys).map((key) => <kbd key={key}>{key}</kbd>)}
                </span>
              )}
            </button>
          )
          // biome-ignore-end lint/suspicious/noArrayIndexKey: as above
        })}
      </div>
    </Popover>
  )
}

function matches(row: HTMLElement, text: string): boolean {
  return (row.dataset.name ?? row.textContent ?? '').trim().toLowerCase().startsWith(text)
}

/** A button with its menu. `button` gets what makes it the menu's opener. */
export function MenuButton({
  button,
  ...menu
}: Omit<PopoverProps, 'children' | 'role' | 'anchor' | 'onClose'> & {
  items: readonly (MenuItem | false | undefined | null)[]
  button: (props: {
    ref: RefObject<HTMLButtonElement | null>
    onClick: () => void
    'aria-haspopup': 'menu'
    'aria-expanded': boolean
  }) => ReactNode
}) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  return (
    <>
      {button({
        ref: anchor,
        onClick: () => setOpen((was) => !was),
        'aria-haspopup': 'menu',
        'aria-expanded': open,
      })}
      {open && <Menu {...menu} anchor={anchor} onClose={() => setOpen(false)} />}
    </>
  )
}
