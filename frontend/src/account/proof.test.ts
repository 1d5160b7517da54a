import { expect, test } from 'vitest'
import { codeIn } from './code'
import { judge } from './proof'

const parts = {
  database: { ok: true, detail: 'PostgreSQL 18.1' },
  listener: { ok: true },
  migrations: { ok: true },
}

const stream = { status: 200, firstMs: 12, frames: 5, spreadMs: 240, sentSpreadMs: 240 }

test('a code is read from the fragment alone, and only if it looks like one', () => {
  expect(codeIn('#code=7Q4K-20WM')).toBe('7Q4K-20WM')
  expect(codeIn('#code=')).toBeUndefined()
  expect(codeIn('#code=<img src=x>')).toBeUndefined()
  expect(codeIn('#section')).toBeUndefined()
  expect(codeIn('')).toBeUndefined()
})

test('plain HTTP is fine on this machine and a warning elsewhere', () => {
  const last = (address: string) => judge(parts, 5, stream, new URL(address)).at(-1)

  expect(last('http://127.0.0.1:8000/')).toMatchObject({ figure: 'this machine only', ok: false })
  expect(last('http://10.0.0.5:8000/')?.sentence).toContain('read your password')
  expect(last('https://board.example/')).toMatchObject({ ok: true })
})

test('a part that is not well is said', () => {
  const findings = judge(
    { ...parts, listener: { ok: false, detail: 'no notification came back' } },
    5,
    stream,
    new URL('https://h/'),
  )

  expect(findings.find((finding) => finding.key === 'log')).toMatchObject({ ok: false })
  expect(findings.find((finding) => finding.key === 'log')?.sentence).toContain('no notification came back')
})

test('no answer is one sentence, not four guesses', () => {
  expect(judge(undefined, null, undefined, new URL('https://h/'))).toHaveLength(1)
})

test('a proxy that holds frames back is found before anybody signs in', () => {
  const said = (over: object) =>
    judge(parts, 5, { ...stream, ...over }, new URL('https://h/')).find((finding) => finding.key === 'stream')

  expect(said({})).toMatchObject({ figure: '12 ms', ok: true })
  expect(said({ spreadMs: 0, firstMs: 250 })?.sentence).toContain(
    'Switch response buffering off in the proxy.',
  )
  expect(said({ status: 404, firstMs: null, frames: 0 })).toMatchObject({ figure: 'refused, 404', ok: false })
})
