/** Tries a stream on the way from the server to this browser: does each frame come when it was sent? */

export interface Trial {
  /** The server's answer; 0 for none. */
  status: number
  /** Until the first frame was here, in ms; null when none came within WAIT_MS. */
  firstMs: number | null
  /** How many came, and over what time the first to the last, in ms. */
  frames: number
  spreadMs: number
  /** The same as it was sent. */
  sentSpreadMs: number
}

export const WAIT_MS = 6_000

/** `base` as in baseUrl(). Never rejects. */
export async function tryStream(base: string): Promise<Trial> {
  const trial: Trial = { status: 0, firstMs: null, frames: 0, spreadMs: 0, sentSpreadMs: 0 }
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), WAIT_MS)
  const from = performance.now()
  try {
    const answer = await fetch(`${base}streams/probe`, { cache: 'no-store', signal: stop.signal })
    trial.status = answer.status
    if (!answer.ok || !answer.body) return trial
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let rest = ''; ; ) {
      const { done, value } = await reader.read()
      if (done) return trial
      const now = performance.now() - from
      rest += value
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) note(trial, line, now)
    }
  } catch {
    return trial
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

function note(trial: Trial, line: string, now: number): void {
  if (!line.startsWith('data:')) return
  const { of, apart_ms } = JSON.parse(line.slice(5)) as { of: number; apart_ms: number }
  trial.frames++
  trial.firstMs ??= now
  trial.spreadMs = now - trial.firstMs
  trial.sentSpreadMs = (of - 1) * apart_ms
}

/** For how long something on the way holds frames back, in ms; 0 = each came as it was sent. */
export function heldMs(trial: Trial, roundTripMs: number | null): number {
  if (trial.firstMs === null) return WAIT_MS
  const together = trial.frames > 1 && trial.spreadMs < trial.sentSpreadMs / 3
  const late = trial.firstMs - (roundTripMs ?? 0)
  if (together) return Math.max(late, trial.sentSpreadMs)
  return late > 1_000 ? late : 0
}

/** "Something on the way holds events back for about 4 s. Switch response buffering off in the proxy." */
export function heldSentence(ms: number, atLeast = false): string {
  const how = atLeast ? 'for more than' : 'for about'
  const seconds = ms < 9_500 ? Math.max(1, Math.round(ms / 1000)) : Math.round(ms / 5_000) * 5
  const time = ms < 900 && !atLeast ? '' : ` ${how} ${seconds} s`
  return `Something on the way holds events back${time}. Switch response buffering off in the proxy.`
}
