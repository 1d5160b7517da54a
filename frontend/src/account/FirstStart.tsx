/** The first account of a server. The server says how it is before it asks for a password. */

import { Lock } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { baseUrl, request } from '../api/request'
import { Findings } from '../hops/Findings'
import '../hops/hops.css'
import { useDoor } from '../live/session'
import { setUp } from '../sync'
import { Button } from '../ui/Button'
import { Mark } from '../ui/Dot'
import { dropCode } from './code'
import { Field } from './Field'
import { tellWhere } from './here'
import { type Proof, prove } from './proof'
import { useSending } from './useSending'

/** What people are asked for; the API's floor, for programs, is lower. */
export const PASSWORD_LENGTH = 12

export function FirstStart({ code }: { code: string }) {
  const { enter } = useDoor()
  const [, go] = useLocation()
  const { busy, errors, sentence, send } = useSending()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')

  useEffect(() => {
    document.title = 'Create the first account · Livelane'
  }, [])

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault()
    const session = await send(() => setUp({ code, name: name.trim(), email: email.trim(), password }))
    if (!session) return
    await tellWhere()
    const board = await sampleBoard()
    dropCode()
    enter(session)
    go(board === undefined ? '/' : `/boards/${board}`)
  }

  return (
    <main className="start">
      <div className="l">
        <span className="brand">
          <Mark />
          Livelane
        </span>
        <form onSubmit={(event) => void create(event)}>
          <h1>Create the first account</h1>
          <p className="lead">Everyone else is invited from inside.</p>
          <div className="field">
            <span className="name">
              Setup code <em>from your terminal link</em>
            </span>
            <div className="from">
              <Lock className="i s" aria-hidden="true" />
              <span>{code}</span>
            </div>
          </div>
          <Field
            name="Name"
            value={name}
            autoComplete="name"
            required
            maxLength={200}
            autoFocus
            error={errors.name}
            onChange={(event) => setName(event.target.value)}
          />
          <Field
            name="Email"
            type="email"
            value={email}
            autoComplete="username"
            required
            error={errors.email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <Field
            name="Password"
            hint={`${PASSWORD_LENGTH} characters or more`}
            type="password"
            value={password}
            autoComplete="new-password"
            required
            minLength={PASSWORD_LENGTH}
            error={errors.password}
            onChange={(event) => setPassword(event.target.value)}
          />
          {sentence && (
            <p className="form-error" role="alert">
              {sentence}
            </p>
          )}
          <Button look="primary" type="submit" disabled={busy}>
            {busy ? 'Creating the account' : 'Create account and open the sample board'}
          </Button>
        </form>
        <span className="t3 small">No telemetry. Nothing leaves this machine.</span>
      </div>
      <ServerProof code={code} />
    </main>
  )
}

function ServerProof({ code }: { code: string }) {
  const [proof, setProof] = useState<Proof>()
  useEffect(() => {
    let over = false
    void prove().then((found) => !over && setProof(found))
    return () => {
      over = true
    }
  }, [])
  const short = code.length > 12 ? `${code.slice(0, 8)}…` : code
  return (
    <section className="r proof" aria-labelledby="proof">
      <pre className="term">
        $ <b>livelane serve</b>
        {'\n'}Open <b>{`${baseUrl()}#code=${short}`}</b>
      </pre>
      <h2 id="proof">This server, just now</h2>
      <p>{proof ? 'Measured while this page was loading.' : 'Being measured.'}</p>
      <div aria-live="polite">{proof && <Findings findings={proof.findings} />}</div>
    </section>
  )
}

/** The board that came with the account; undefined when there is none. */
async function sampleBoard(): Promise<number | undefined> {
  try {
    const { body } = await request({ method: 'GET', path: 'api/boards' })
    return body?.[0]?.id
  } catch {
    return undefined
  }
}
