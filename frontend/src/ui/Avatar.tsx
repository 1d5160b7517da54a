import { Database } from 'lucide-react'
import { initials, personColour } from './person'

/** A person: always round, always initials. `size`: 16, 20 or 26 px. */
export function Avatar({
  id,
  name,
  size = 20,
  idle = false,
  decorative = false,
}: {
  id: number | null
  name: string
  size?: 16 | 20 | 26
  idle?: boolean
  /** The name stands beside it: nothing to say twice. */
  decorative?: boolean
}) {
  const classes = `av ${personColour(id)} ${size === 26 ? 'm' : size === 16 ? 'xs' : ''} ${idle ? 'idle' : ''}`
  return decorative ? (
    <span className={classes} aria-hidden="true">
      {initials(name)}
    </span>
  ) : (
    <span className={classes} role="img" aria-label={name} title={name}>
      {initials(name)}
    </span>
  )
}

/** Who did it when it was no person: a square. */
export function SqlAvatar({ size = 20 }: { size?: 16 | 20 | 26 }) {
  return (
    <span className={`av sql ${size === 26 ? 'm' : size === 16 ? 'xs' : ''}`} aria-hidden="true">
      <Database className="i" />
    </span>
  )
}
