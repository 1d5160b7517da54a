/** The way in for somebody with an account. Says that the server answered before it asks for a password. */

import { type FormEvent, useEffect, useState } from 'react'
import { useDoor } from '../live/session'
import { type Session, signIn } from '../sync'
import { Button } from '../ui/Button'
import { Dot, Mark } from '../ui/Dot'
import { Field } from './Field'
import { roundTrip } from './proof'
import { useSending } from './useSending'

export function SignIn({
  title = 'Sign in to Livelane',
  lead,
  email: known = '',
  onEnter,
}: {
  title?: string
  lead?: string
  email?: string
  /** Instead of going in. */
  onEnter?: (session: Session) => void
}) {
  const door = useDoor()
  const { busy, sentence, errors, send } = useSending()
  const [email, setEmail] = useState(known)
  const [password, setPassword] = useState('')

  useEffect(() => {
    document.title = 'Sign in · Livelane'
  }, [])

  async function enter(event: FormEvent): Promise<void> {
    event.preventDefault()
    const session = await send(() => signIn({ email: email.trim(), password }))
    if (session) (onEnter ?? door.enter)(session)
  }

  return (
    <main className="start one">
      <div className="l">
        <form onSubmit={(event) => void enter(event)}>
          <span className="brand">
            <Mark />
          </span>
          <h1>{title}</h1>
          <Answered />
          {lead && <p className="lead">{lead}</p>}
          <Field
            name="Email"
            type="email"
            value={email}
            autoComplete="username"
            required
            autoFocus={!known}
            error={errors.email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <Field
            name="Password"
            type="password"
            value={password}
            autoComplete="current-password"
            required
            autoFocus={Boolean(known)}
            error={errors.password}
            onChange={(event) => setPassword(event.target.value)}
          />
          {sentence && (
            <p className="form-error" role="alert">
              {sentence}
            </p>
          )}
          <Button look="primary" type="submit" disabled={busy}>
            {busy ? 'Signing in' : 'Sign in'}
          </Button>
          <p className="t3 small foot-line">No account? Ask the person who runs this server.</p>
        </form>
      </div>
    </main>
  )
}

/** One measurement, made when the page opens: a sentence that stays true. */
function Answered() {
  const [ms, setMs] = useState<number | null>()
  useEffect(() => {
    let over = false
    void roundTrip().then((found) => !over && setMs(found))
    return () => {
      over = true
    }
  }, [])
  return (
    <p className="lead answered" role="status">
      {ms === undefined ? (
        <>
          <Dot state="catching" />
          Asking the server.
        </>
      ) : ms === null ? (
        <>
          <Dot state="offline" />
          The server does not answer.
        </>
      ) : (
        <>
          <Dot state="live" />
          The server answered in {Math.max(1, Math.round(ms))} ms.
        </>
      )}
    </p>
  )
}
