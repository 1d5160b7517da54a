import { CircleCheck, CircleDashed, TriangleAlert } from 'lucide-react'

/** Hops in their order, each with its figure, and a sentence where there is something to say. */
export function Findings({
  findings,
}: {
  /** `ok` is null where nothing is known yet. */
  findings: readonly { key: string; name: string; figure: string; ok: boolean | null; sentence?: string }[]
}) {
  return (
    <ul className="hops">
      {findings.map(({ key, name, figure, ok, sentence }) => (
        <li key={key} className={ok === null ? 'unknown' : ok ? '' : 'warn'}>
          {ok === null ? (
            <CircleDashed className="i" aria-label="Not known yet" />
          ) : ok ? (
            <CircleCheck className="i" aria-label="Fine" />
          ) : (
            <TriangleAlert className="i" aria-label="Look at this" />
          )}
          <b>{name}</b>
          <span className="ms">{figure}</span>
          {sentence && <p>{sentence}</p>}
        </li>
      ))}
    </ul>
  )
}
