/** One request to the service: where it lives, how it answers, and what it means when it refuses or says nothing. */

import type { Refusal } from '../sync/types'
import type { Answered, Asked, Path } from './calls'

export type Method = 'POST' | 'PATCH' | 'DELETE' | 'GET'

export interface Write {
  method: Method
  /** Relative to the page's base, `api/tickets/1`. */
  path: string
  body?: unknown
  ifMatch?: number
  /** Idempotency-Key. */
  key?: string
  etag?: string
}

// biome-ignore lint/suspicious/noExplicitAny: of a request put together elsewhere, the body is what its reader finds in it
export interface Answer<Body = any> {
  ok: boolean
  status: number
  body: Body
  /** `Event-Seq` and `Event-Topic`: the last event this write made, null when it made none. */
  seq: number | null
  topic: string | null
  etag: string | null
  refusal?: Refusal
  retryAfterMs: number
  /** The server's clock, milliseconds since 1970, whole seconds. */
  serverDate: number | null
  sentAt: number
  answeredAt: number
}

/** Rejects only when there was no answer. */
export type Send = (write: Write) => Promise<Answer>

/** A refusal as an error, for callers that await. */
export class Refused extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly answer?: Answer,
  ) {
    super(refusal.detail || refusal.title)
    this.name = 'Refused'
  }
}

const ANSWER_MS = 15_000
const TITLES: Record<number, string> = {
  0: 'No answer from the server.',
  401: 'Your session ended.',
  403: 'You may not do this.',
  404: 'It is not there.',
  413: 'It is too large.',
  429: 'Too many requests.',
  502: 'The server is not there.',
  503: 'The server is not ready.',
}

/** The address everything starts from, with a slash at its end: the product may be served under a path prefix. */
export function baseUrl(): string {
  return new URL('.', document.baseURI).href
}

let guard: ((send: () => Promise<Answer>) => Promise<Answer>) | undefined

/** From now on every request passes through `by`: the session sees to it that none goes out under another person. */
export function guardRequests(by: typeof guard): void {
  guard = by
}

/** Sends it and reads the answer, whatever it is. Rejects when there was none. Path and bodies are checked with the API's types. */
export function request<M extends Method, P extends Path>(
  write: Write & { method: M; path: P; body?: Asked<M, P> },
): Promise<Answer<Answered<M, P>>> {
  return send(write)
}

/** The same for a request that was put together elsewhere. */
export function send(write: Write): Promise<Answer> {
  return guard ? guard(() => bareRequest(write)) : bareRequest(write)
}

/** The same with no session asked. */
export async function bareRequest(write: Write): Promise<Answer> {
  const headers: Record<string, string> = { Accept: 'application/json, application/problem+json' }
  if (write.body !== undefined) headers['Content-Type'] = 'application/json'
  if (write.key !== undefined) headers['Idempotency-Key'] = write.key
  if (write.ifMatch !== undefined) headers['If-Match'] = `"${write.ifMatch}"`
  if (write.etag !== undefined) headers['If-None-Match'] = write.etag
  const sentAt = Date.now()
  const response = await fetch(baseUrl() + write.path, {
    method: write.method,
    headers,
    credentials: 'same-origin',
    signal: AbortSignal.timeout(ANSWER_MS),
    ...(write.body === undefined ? {} : { body: JSON.stringify(write.body) }),
  })
  const text = await response.text() // before the clock is read: an answer cut short is no answer
  return read(response, text, sentAt)
}

function read(response: Response, text: string, sentAt: number): Answer {
  const { headers, status } = response
  const json = (headers.get('Content-Type') ?? '').includes('json')
  let body = null
  try {
    body = json && text ? JSON.parse(text) : null
  } catch {
    // Cut off on the way; what matters stands in the headers.
  }
  const number = (name: string) => {
    const value = headers.get(name)
    return value && /^\d+$/.test(value) ? Number(value) : null
  }
  const ok = response.ok || status === 304
  const date = Date.parse(headers.get('Date') ?? '')
  return {
    ok,
    status,
    body,
    seq: number('Event-Seq'),
    topic: headers.get('Event-Topic'),
    etag: headers.get('ETag'),
    retryAfterMs: (number('Retry-After') ?? 0) * 1000,
    serverDate: Number.isNaN(date) ? null : date,
    sentAt,
    answeredAt: Date.now(),
    ...(ok ? {} : { refusal: refusalOf(status, body) }),
  }
}

/** The problem document's content, or the best that can be said without one. */
export function refusalOf(status: number, body: unknown): Refusal {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const type = typeof problem.type === 'string' ? problem.type.split('/').pop() : undefined
  const errors = Array.isArray(problem.errors) ? problem.errors : []
  // `field` may stand in the problem itself, as with a stale `after`.
  if (typeof problem.field === 'string') errors.push({ field: problem.field, detail: problem.detail ?? '' })
  return {
    problem: type && type !== 'about:blank' ? type : status === 0 ? 'network' : String(status),
    status,
    title:
      typeof problem.title === 'string'
        ? problem.title
        : (TITLES[status] ?? `The server answered ${status}.`),
    detail: typeof problem.detail === 'string' ? problem.detail : '',
    ...(errors.length ? { errors } : {}),
    at: Date.now(),
  }
}

/** The body of a successful answer; throws Refused for anything else, no answer included. */
export async function expect<Body>(sending: Promise<Answer<Body>>): Promise<Answer<Body>> {
  let answer: Answer<Body>
  try {
    answer = await sending
  } catch {
    throw new Refused(refusalOf(0, null))
  }
  if (!answer.ok) throw new Refused(answer.refusal!, answer)
  return answer
}
