/** The log drawn along time: where an event stands, which one a place means, where days begin. */

/** What the drawing needs of an event: its number and when, ms since 1970. */
export interface Moment {
  seq: number
  at: number
}

export interface Scale {
  from: number
  to: number
  width: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
const STEPS = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  4 * DAY,
  7 * DAY,
  14 * DAY,
  28 * DAY,
  84 * DAY,
]
const LABEL_PX = 84
const BUCKET_PX = 4

/** From a little before the first moment until now; a board of one second still has a width. */
export function scaleOf(moments: readonly Moment[], now: number, width: number): Scale {
  const first = moments[0]?.at ?? now
  const span = Math.max(MINUTE, now - first)
  return { from: first - span * 0.005, to: Math.max(now, first + MINUTE), width }
}

export function xOf(at: number, { from, to, width }: Scale): number {
  return ((at - from) / (to - from)) * width
}

/** The last event at or before the place: what one looks at there. The first one when the place is before all. */
export function seqAt(x: number, moments: readonly Moment[], scale: Scale): number {
  const at = scale.from + (Math.min(Math.max(x, 0), scale.width) / scale.width) * (scale.to - scale.from)
  let low = 0
  let high = moments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (moments[middle]!.at <= at) low = middle + 1
    else high = middle
  }
  return moments[Math.max(0, low - 1)]?.seq ?? 0
}

/** The event with this number, or the nearest before it. */
export function momentOf(seq: number, moments: readonly Moment[]): Moment | undefined {
  let low = 0
  let high = moments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (moments[middle]!.seq <= seq) low = middle + 1
    else high = middle
  }
  return moments[low - 1]
}

export interface Bucket {
  x: number
  /** Number of the newest event in it. */
  seq: number
  count: number
}

/** Events that fall on nearly the same place are one tick, taller: a busy day is seen, and thousands stay cheap. */
export function buckets(moments: readonly Moment[], scale: Scale): Bucket[] {
  const made = new Map<number, Bucket>()
  for (const { at, seq } of moments) {
    const slot = Math.round(xOf(at, scale) / BUCKET_PX)
    const bucket = made.get(slot)
    if (bucket) {
      bucket.count++
      bucket.seq = seq
    } else made.set(slot, { x: slot * BUCKET_PX, seq, count: 1 })
  }
  return [...made.values()]
}

/** A tick's height in px: grows with the logarithm, so that one import does not flatten a week. */
export function heightOf(count: number, most: number): number {
  return 5 + 31 * (Math.log1p(count) / Math.log1p(Math.max(1, most)))
}

export interface Mark {
  at: number
  x: number
  /** Days are named, lesser steps are clock times. */
  day: boolean
}

/** Where to write a day or an hour, evenly in the person's zone. `offset`: how far their clock is ahead of UTC at a time. */
export function marks(scale: Scale, offset: (at: number) => number): Mark[] {
  const room = Math.max(1, Math.floor(scale.width / LABEL_PX))
  const step = STEPS.find((each) => (scale.to - scale.from) / each <= room) ?? STEPS.at(-1)!
  const found: Mark[] = []
  const start = scale.from + offset(scale.from)
  for (let wall = Math.ceil(start / step) * step; ; wall += step) {
    const at = wall - offset(wall - offset(scale.from))
    if (at > scale.to) return found
    found.push({ at, x: xOf(at, scale), day: step >= DAY || wall % DAY === 0 })
  }
}
