/** Tries the way from this browser to the server: how long an answer takes, and whether a stream comes through as sent. */

import { type Trial, tryStream, WAIT_MS } from '../hops/stream'

export interface Probe {
  /** The quickest of three small requests, there and back, in ms. */
  roundTripMs: number | null
  stream: Trial
  /** "h2", "http/1.1" or empty: what is spoken on the first hop. */
  protocol: string
}

const TRIES = 3

export async function probe(base: string): Promise<Probe> {
  let roundTripMs: number | null = null
  for (let i = 0; i < TRIES; i++) {
    const from = performance.now()
    try {
      const answer = await fetch(`${base}health/live`, {
        cache: 'no-store',
        signal: AbortSignal.timeout(WAIT_MS),
      })
      await answer.arrayBuffer()
      if (answer.ok) roundTripMs = Math.min(roundTripMs ?? Number.POSITIVE_INFINITY, performance.now() - from)
    } catch {
      break
    }
  }
  return { roundTripMs, stream: await tryStream(base), protocol: protocolOf(base) }
}

function protocolOf(base: string): string {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
  return entries.findLast((entry) => entry.name.startsWith(`${base}health/live`))?.nextHopProtocol ?? ''
}
