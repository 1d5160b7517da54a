import { type ComponentProps, type ReactNode, useId } from 'react'

/** A field with its name above, a hint at the right, and what is wrong below. */
export function Field({
  name,
  hint,
  error,
  ...input
}: Omit<ComponentProps<'input'>, 'name'> & { name: string; hint?: ReactNode; error?: string | undefined }) {
  const id = useId()
  return (
    <div className="field">
      <label className="name" htmlFor={id}>
        {name}
        {hint && <em>{hint}</em>}
      </label>
      <input
        id={id}
        className="input"
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        {...input}
      />
      {error && (
        <span className="error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
    </div>
  )
}

/** A choice out of a list, in the same dress. */
export function Choice({
  name,
  hint,
  children,
  ...select
}: Omit<ComponentProps<'select'>, 'name'> & { name: string; hint?: ReactNode }) {
  const id = useId()
  return (
    <div className="field">
      <label className="name" htmlFor={id}>
        {name}
        {hint && <em>{hint}</em>}
      </label>
      <select id={id} className="input" {...select}>
        {children}
      </select>
    </div>
  )
}
