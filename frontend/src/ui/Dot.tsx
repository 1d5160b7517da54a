export type DotState = 'live' | 'catching' | 'reconnecting' | 'offline' | 'past'

/** The state's shape and colour. Its word always stands beside it; alone, give `label`. */
export function Dot({ state, label }: { state: DotState; label?: string }) {
  return label ? (
    <span className={`dot ${state}`} role="img" aria-label={label} />
  ) : (
    <span className={`dot ${state}`} aria-hidden="true" />
  )
}

/** Three lanes with a dot that wears the connection's state. */
export function Mark({ state = 'live' }: { state?: DotState }) {
  return (
    <svg className="mark" viewBox="0 0 20 20" role="img" aria-label="Livelane">
      <g fill="currentColor">
        <rect x="2" y="2" width="4" height="16" rx="1.2" />
        <rect x="8" y="2" width="4" height="11" rx="1.2" />
        <rect x="14" y="9" width="4" height="9" rx="1.2" />
      </g>
      <circle className={state} cx="16" cy="4.5" r="2.6" />
    </svg>
  )
}
