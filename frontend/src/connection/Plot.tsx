/** Every one of the last 100 events as a tick: ink, and amber when it took more than 80 ms. */

const WIDTH = 376
const HEIGHT = 116
const FLOOR = 108
const REACH = 104
const SLOW_MS = 80
const STEP = 3.3

export function Plot({
  ways,
  half,
  most,
}: {
  ways: readonly number[]
  half: number | null
  most: number | null
}) {
  const top = Math.max(125, ...ways.map((ms) => Math.min(ms, 4 * (most ?? ms)))) // one outlier must not flatten the rest
  const y = (ms: number) => FLOOR - (Math.min(ms, top) / top) * REACH
  const line = round(top * 0.8)
  const label =
    half === null || most === null
      ? 'Commit to screen: no event yet'
      : `Commit to screen, last ${ways.length} events: half within ${Math.round(half)} ms, 95 in 100 within ${Math.round(most)} ms`
  const halfY = half === null ? 0 : y(half)
  const mostY = most === null ? 0 : Math.min(y(most), halfY - 12) // the words must not lie on each other
  return (
    <svg className="plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <line className="g" x1="0" x2={WIDTH} y1={FLOOR} y2={FLOOR} />
      <line className="g" x1="0" x2={WIDTH} y1={y(line)} y2={y(line)} />
      <text x="0" y={y(line) - 4}>
        {line} ms
      </text>
      {ways.map((ms, index) => (
        <line
          key={index}
          className={ms > SLOW_MS ? 'v slow' : 'v'}
          x1={index * STEP + 1}
          x2={index * STEP + 1}
          y1={FLOOR}
          y2={Math.min(FLOOR - 1, y(ms))}
          strokeWidth="1.8"
        />
      ))}
      {half !== null && most !== null && (
        <>
          <line className="p" x1="0" x2="334" y1={y(half)} y2={y(half)} />
          <line className="p" x1="0" x2="334" y1={y(most)} y2={y(most)} />
          <text className="pl" x={WIDTH} textAnchor="end" y={halfY + 4}>
            p50 {Math.round(half)}
          </text>
          <text className="pl" x={WIDTH} textAnchor="end" y={mostY + 4}>
            p95 {Math.round(most)}
          </text>
        </>
      )}
    </svg>
  )
}

/** A round figure not above `ms`: 100, 200, 500, 1000 … */
function round(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms))
  return [5, 2, 1].map((n) => n * power).find((n) => n <= ms) ?? power
}
