/** Tries the way from this browser to the server: how long an answer takes, and whether a stream comes through at once. */

export interface Probe {
  /** The quickest of three small requests, there and back, in ms. */
  roundTripMs: number | null
  /** Until the first byte of a fresh stream arrived, in ms; null: none within `WAIT_MS`, or it was refused. */
  firstByteMs: number | null
  /** The server's answer to the fresh stream; 0 for none. */
  status: number
  /** A proxy named itself, or the server answers over another protocol than its own. */
  protocol: string
}

export const WAIT_MS = 6_000
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
  return { roundTripMs, ...(await firstByte(base)), protocol: protocolOf(base) }
}

/** A stream of my own topic, closed after its first byte: whoever holds bytes back is found out by it. */
async function firstByte(base: string): Promise<{ firstByteMs: number | null; status: number }> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), WAIT_MS)
  const from = performance.now()
  let status = 0
  try {
    const answer = await fetch(`${base}streams?me=true&after=now`, {
      headers: { Accept: 'text/event-stream' },
      cache: 'no-store',
      signal: stop.signal,
    })
    status = answer.status
    if (!answer.ok || !answer.body) return { firstByteMs: null, status }
    const { done } = await answer.body.getReader().read()
    return { firstByteMs: done ? null : performance.now() - from, status }
  } catch {
    return { firstByteMs: null, status }
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

function protocolOf(base: string): string {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
  return entries.findLast((entry) => entry.name.startsWith(`${base}health/live`))?.nextHopProtocol ?? ''
}
