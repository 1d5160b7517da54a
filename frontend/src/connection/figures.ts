/** The figures of the connection panel, from the last events' ways from commit to screen. */

import type { LatencySample } from '../sync'

export interface Figures {
  /** Half of the events were on screen within this many ms; null without events. */
  half: number | null
  /** 95 of 100 were. */
  most: number | null
  /** Per second, over the last minute. */
  rate: number
  /** Median parts of the way, in ms, in order. */
  hops: { toBrowser: number; toTab: number; toScreen: number } | null
}

const MINUTE_MS = 60_000

/** The smallest value that `part` of the values do not exceed. */
export function percentile(values: readonly number[], part: number): number | null {
  if (!values.length) return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!
}

/** From commit to painted, never below zero: the clocks' difference is an estimate. */
export function wayMs(sample: LatencySample): number {
  return Math.max(0, sample.paintedAt - sample.committedAt)
}

export function figuresOf(samples: readonly LatencySample[], now = Date.now()): Figures {
  const ways = samples.map(wayMs)
  const recent = samples.filter((sample) => now - sample.paintedAt < MINUTE_MS)
  // A full list may be shorter than a minute: then its own span counts.
  const full = recent.length === samples.length && samples.length >= 100
  const span = full ? Math.max(1000, now - recent[0]!.paintedAt) : MINUTE_MS
  const median = (of: (sample: LatencySample) => number) => percentile(samples.map(of), 0.5) ?? 0
  return {
    half: percentile(ways, 0.5),
    most: percentile(ways, 0.95),
    rate: (recent.length * 1000) / span,
    hops: samples.length
      ? {
          toBrowser: Math.max(
            0,
            median((s) => s.heardAt - s.committedAt),
          ),
          toTab: Math.max(
            0,
            median((s) => s.appliedAt - s.heardAt),
          ),
          toScreen: Math.max(
            0,
            median((s) => s.paintedAt - s.appliedAt),
          ),
        }
      : null,
  }
}
