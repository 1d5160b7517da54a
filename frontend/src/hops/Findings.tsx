import { CircleCheck, TriangleAlert } from 'lucide-react'

/** Hops in their order, each with its figure, and a sentence where there is something to say. */
export function Findings({
  findings,
}: {
  findings: readonly { key: string; name: string; figure: string; ok: boolean; sentence?: string }[]
}) {
  return (
    <ul className="hops">
      {findings.map(({ key, name, figure, ok, sentence }) => (
        <li key={key} className={ok ? '' : 'warn'}>
          {ok ? (
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
