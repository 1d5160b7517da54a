/** What stands between the database's commit and this screen, as hops with figures, and a sentence where one is at fault. */

import { heldMs, heldSentence, WAIT_MS } from '../hops/stream'
import { count, figure } from '../ui/figures'
import type { Cut } from './cuts'
import { rhythm } from './cuts'
import type { Figures } from './figures'
import type { Probe } from './probe'

export interface Hop {
  key: string
  name: string
  figure: string
  /** null: nothing came by yet that could tell. */
  ok: boolean | null
  sentence?: string
}

const HELD_MS = 1_000
const SLOW_SCREEN_MS = 100

export function hopsOf(
  figures: Figures,
  probe: Probe | undefined,
  cuts: readonly Cut[],
  encrypted: boolean,
): Hop[] {
  return [
    ...toBrowser(figures, probe),
    ...proxy(probe, cuts),
    toScreen(figures),
    ...(probe ? [way(probe)] : []),
    ...(encrypted ? [] : [plain()]),
  ]
}

function toBrowser({ hops }: Figures, probe: Probe | undefined): Hop[] {
  const held = probe?.roundTripMs ?? null
  const ms = hops?.toBrowser
  const late = ms !== undefined && ms > HELD_MS && (held === null || ms > 5 * held)
  return [
    {
      key: 'browser',
      name: 'From commit to this browser',
      figure: ms === undefined ? 'no event yet' : `${figure(Math.round(ms))} ms`,
      ok: ms === undefined ? null : !late,
      ...(late ? { sentence: heldSentence(ms) } : {}),
    },
  ]
}

function proxy(probe: Probe | undefined, cuts: readonly Cut[]): Hop[] {
  const hops: Hop[] = []
  if (probe) {
    const { stream, roundTripMs } = probe
    const answered = stream.status === 200
    const held = answered ? heldMs(stream, roundTripMs) : 0
    const none = `nothing within ${WAIT_MS / 1000} s`
    const refused = stream.status ? `refused, ${stream.status}` : 'no answer'
    hops.push({
      key: 'stream',
      name: 'A fresh stream',
      figure: !answered
        ? refused
        : stream.firstMs === null
          ? none
          : `${figure(Math.max(1, Math.round(stream.firstMs)))} ms`,
      ok: answered && held === 0,
      ...(held ? { sentence: heldSentence(held, stream.firstMs === null) } : {}),
    })
  }
  if (cuts.length) {
    const every = rhythm(cuts)
    const away = cuts.map((cut) => cut.awayMs).filter((ms) => ms !== null)
    const back = away.length ? (away.sort((a, b) => a - b)[away.length >> 1] ?? 0) : null
    hops.push({
      key: 'cuts',
      name: 'On the way',
      figure: `cut ${count(cuts.length, 'time', 'times')} today`,
      ok: false,
      sentence: every === null ? irregular(back) : regular(every, back),
    })
  }
  return hops
}

function regular(everyMs: number, backMs: number | null): string {
  const back = backMs === null ? '' : ` Each time you were back in ${seconds(backMs)} and missed nothing.`
  return `It ends every stream after ${long(everyMs)}.${back} A longer timeout there stops the cuts.`
}

function irregular(backMs: number | null): string {
  return backMs === null
    ? 'The stream broke. What is missed comes as soon as it is back.'
    : `Each time you were back in ${seconds(backMs)} and missed nothing.`
}

/** "0.3 s", "12 s" */
function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`
}

/** "45 s", "5 minutes" */
function long(ms: number): string {
  return ms < 90_000 ? `${Math.round(ms / 1000)} s` : count(Math.round(ms / 60_000), 'minute')
}

function toScreen({ hops }: Figures): Hop {
  const ms = hops ? hops.toTab + hops.toScreen : undefined
  const slow = ms !== undefined && ms > SLOW_SCREEN_MS
  return {
    key: 'screen',
    name: 'This screen',
    figure: ms === undefined ? 'no event yet' : `${figure(Math.round(ms))} ms`,
    ok: ms === undefined ? null : !slow,
    ...(slow
      ? { sentence: 'This machine takes its time to draw. A tab in the background waits on purpose.' }
      : {}),
  }
}

function way({ roundTripMs, protocol }: Probe): Hop {
  const name = protocol ? `There and back, ${protocolName(protocol)}` : 'There and back'
  if (roundTripMs === null) return { key: 'way', name, figure: 'no answer', ok: false }
  return { key: 'way', name, figure: `${figure(Math.max(1, Math.round(roundTripMs)))} ms`, ok: true }
}

function protocolName(protocol: string): string {
  return { h2: 'HTTP/2', h3: 'HTTP/3', 'http/1.1': 'HTTP/1.1' }[protocol] ?? protocol
}

function plain(): Hop {
  return {
    key: 'plain',
    name: 'Plain HTTP',
    figure: 'not encrypted',
    ok: false,
    sentence: 'Anybody on the way can read along. Put TLS in front.',
  }
}
