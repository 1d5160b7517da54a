/** The slider: the log drawn as ticks, so busy days can be seen. Its right-hand end is now, and goes on growing. */

import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useTimes } from '../history/useTimes'
import { buckets, heightOf, type Moment, marks, momentOf, scaleOf, seqAt, xOf } from './timeline'

const FLOOR = 48
const LEAP = 10

export function Timeline({
  moments,
  seq,
  now,
  words,
  onSeq,
}: {
  moments: readonly Moment[]
  seq: number
  now: number
  /** What is seen there, for those who do not see it. */
  words: string
  onSeq: (seq: number) => void
}) {
  const times = useTimes()
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const scale = useMemo(() => scaleOf(moments, now, width), [moments, now, width])
  const ticks = useMemo(() => buckets(moments, scale), [moments, scale])
  const labels = useMemo(() => marks(scale, (at) => times.offset(at)), [scale, times])
  const most = Math.max(1, ...ticks.map((tick) => tick.count))
  const first = moments[0]?.seq ?? 0
  const last = moments.at(-1)?.seq ?? 0
  const hand = xOf(momentOf(seq, moments)?.at ?? scale.from, scale)

  function point(event: PointerEvent<HTMLDivElement>): void {
    const { left } = event.currentTarget.getBoundingClientRect()
    onSeq(seqAt(event.clientX - left, moments, scale))
  }

  function key(event: KeyboardEvent): void {
    const at = moments.findIndex((moment) => moment.seq === momentOf(seq, moments)?.seq)
    const to = (index: number) => {
      event.preventDefault()
      event.stopPropagation()
      const moment = moments[Math.min(Math.max(index, 0), moments.length - 1)]
      if (moment) onSeq(moment.seq)
    }
    if (event.key === 'ArrowLeft' || event.key === 'ArrowDown') to(at - 1)
    else if (event.key === 'ArrowRight' || event.key === 'ArrowUp') to(at + 1)
    else if (event.key === 'PageDown') to(at - LEAP)
    else if (event.key === 'PageUp') to(at + LEAP)
    else if (event.key === 'Home') to(0)
    else if (event.key === 'End') to(moments.length - 1)
  }

  return (
    <div
      ref={frame}
      className="timeline"
      role="slider"
      tabIndex={0}
      aria-label="Moment"
      aria-valuemin={first}
      aria-valuemax={last}
      aria-valuenow={seq}
      aria-valuetext={words}
      onKeyDown={key}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        point(event)
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) point(event)
      }}
    >
      <svg className="ticks" viewBox={`0 0 ${width} 68`} aria-hidden="true">
        <line className="base" x1="0" x2={width} y1={FLOOR + 0.5} y2={FLOOR + 0.5} />
        {ticks.map((tick) => (
          <line
            key={tick.x}
            className={tick.seq > seq ? 'tk fut' : 'tk'}
            x1={tick.x}
            x2={tick.x}
            y1={FLOOR}
            y2={FLOOR - heightOf(tick.count, most)}
            strokeWidth="1.6"
          />
        ))}
        {labels.map(({ at, x, day }) => (
          <g key={at}>
            <line className="base" x1={x} x2={x} y1={FLOOR} y2={FLOOR + 5} />
            {x < width - 44 && (
              <text x={x + 4} y={FLOOR + 16}>
                {day ? (times.daysBetween(at, now) === 0 ? 'Today' : times.tick(at)) : times.clock(at)}
              </text>
            )}
          </g>
        ))}
        <line className="hand" x1={hand} x2={hand} y1="2" y2={FLOOR} />
        <circle className="knob" cx={hand} cy={FLOOR + 0.5} r="8" />
        <circle className="end" cx={width - 5} cy={FLOOR + 0.5} r="5" />
      </svg>
    </div>
  )
}

function useWidth(ref: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(1000)
  useEffect(() => {
    const element = ref.current
    if (!element || typeof ResizeObserver === 'undefined') return
    const look = () => setWidth(Math.max(200, element.clientWidth))
    look()
    const seen = new ResizeObserver(look)
    seen.observe(element)
    return () => seen.disconnect()
  }, [ref])
  return width
}
