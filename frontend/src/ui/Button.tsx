import type { ComponentProps, ReactNode } from 'react'
import { keyNames } from './keys'

type ButtonProps = ComponentProps<'button'> & {
  look?: 'primary' | 'quiet' | 'danger' | undefined
  small?: boolean | undefined
}

/** A button says what it does. */
export function Button({ look, small, className = '', type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={`btn ${look ?? ''} ${small ? 'sm' : ''} ${className}`} {...rest} />
}

/** An icon alone always has a name, and a tooltip with its key. */
export function IconButton({
  label,
  keys,
  className = '',
  children,
  ...rest
}: ComponentProps<'button'> & { label: string; keys?: string | undefined; children: ReactNode }) {
  const title = keys ? `${label} (${keyNames(keys).join(' ')})` : label
  return (
    <button type="button" className={`iconbtn ${className}`} aria-label={label} title={title} {...rest}>
      {children}
    </button>
  )
}

/** A shortcut, one cap per key. */
export function Keys({ keys }: { keys: string }) {
  return (
    <>
      {keyNames(keys).map((name) => (
        <kbd key={name}>{name}</kbd>
      ))}
    </>
  )
}

/** On or off, with a name beside it (`labelledby`) or of its own (`label`). */
export function Switch({
  on,
  onChange,
  label,
  labelledby,
}: {
  on: boolean
  onChange: (on: boolean) => void
  label?: string
  labelledby?: string
}) {
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={on}
      aria-label={label}
      aria-labelledby={labelledby}
      onClick={() => onChange(!on)}
    />
  )
}
