/** What this page can find out about the server it came from, before anybody trusts it with a password. */

import { baseUrl } from '../api/request'
import { heldMs, heldSentence, type Trial, tryStream } from '../hops/stream'

export interface Finding {
  key: string
  name: string
  /** Right-hand figure. */
  figure: string
  ok: boolean
  sentence: string
}

export interface Proof {
  findings: Finding[]
  /** Round trip of the smallest request, in ms; null when nobody answered. */
  answeredInMs: number | null
}

interface Part {
  ok?: boolean
  detail?: string
  since?: string
}

const TRIES = 3

/** The quickest of a few round trips, in ms: what the way itself costs. Null: no answer. */
export async function roundTrip(base = baseUrl(), tries = TRIES): Promise<number | null> {
  let best: number | null = null
  for (let i = 0; i < tries; i++) {
    const from = performance.now()
    try {
      const answer = await fetch(`${base}health/live`, { cache: 'no-store' })
      await answer.arrayBuffer()
      const took = performance.now() - from
      if (answer.ok) best = best === null ? took : Math.min(best, took)
    } catch {
      return best
    }
  }
  return best
}

export async function prove(base = baseUrl()): Promise<Proof> {
  const answeredInMs = await roundTrip(base)
  let parts: Record<string, Part> | undefined
  try {
    const answer = await fetch(`${base}health/ready`, { cache: 'no-store' })
    parts = (await answer.json()).parts
  } catch {
    // Said below: nobody answered.
  }
  const stream = parts && (await tryStream(base))
  return { answeredInMs, findings: judge(parts, answeredInMs, stream, new URL(base)) }
}

/** The findings as sentences, from what the server said of its parts and how the page came here. */
export function judge(
  parts: Record<string, Part> | undefined,
  answeredInMs: number | null,
  stream: Trial | undefined,
  address: URL,
): Finding[] {
  if (!parts || answeredInMs === null)
    return [
      {
        key: 'answer',
        name: 'Server',
        figure: 'no answer',
        ok: false,
        sentence: 'The page came, but the server behind it does not answer. Is it still running?',
      },
    ]
  const { database, listener, migrations } = parts
  const findings: Finding[] = []
  const databaseOk = database?.ok !== false && migrations?.ok !== false
  findings.push({
    key: 'database',
    name: 'Database',
    figure: databaseOk ? 'answers' : 'not ready',
    ok: databaseOk,
    sentence: databaseOk
      ? database?.detail || 'Its tables are those of this release.'
      : `${database?.ok === false ? (database.detail ?? '') : (migrations?.detail ?? '')} Nothing can be saved yet.`.trim(),
  })
  findings.push({
    key: 'log',
    name: 'Event log',
    figure: listener?.ok === false ? 'not heard' : 'listening',
    ok: listener?.ok !== false,
    sentence:
      listener?.ok === false
        ? `The server does not hear its database. ${listener.detail ?? ''}`.trim()
        : 'Every change is numbered at commit, without gaps, also one made in SQL.',
  })
  if (stream) findings.push(streaming(stream, answeredInMs))
  findings.push(encryption(address))
  return findings
}

function streaming(stream: Trial, answeredInMs: number): Finding {
  const key = 'stream'
  const name = 'Stream to this browser'
  if (stream.status !== 200)
    return {
      key,
      name,
      figure: stream.status ? `refused, ${stream.status}` : 'no answer',
      ok: false,
      sentence: 'Requests are answered, streams are not. Does the proxy pass /streams on?',
    }
  const held = heldMs(stream, answeredInMs)
  return {
    key,
    name,
    figure: stream.firstMs === null ? 'nothing came' : `${Math.max(1, Math.round(stream.firstMs))} ms`,
    ok: held === 0,
    sentence: held
      ? heldSentence(held, stream.firstMs === null)
      : `${stream.frames} frames, each here as it was sent. Nothing on the way holds them back.`,
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || /^127\./.test(host) || host === '[::1]'
}

function encryption(address: URL): Finding {
  if (address.protocol === 'https:')
    return {
      key: 'encryption',
      name: 'HTTPS',
      figure: 'encrypted',
      ok: true,
      sentence: 'Nobody on the way can read along.',
    }
  const here = isLoopback(address.hostname)
  return {
    key: 'encryption',
    name: 'Plain HTTP',
    figure: here ? 'this machine only' : 'not encrypted',
    ok: false,
    sentence: here
      ? 'Fine here. Put TLS in front before anyone else signs in.'
      : 'Anybody on the way can read your password. Put TLS in front before you type one.',
  }
}
