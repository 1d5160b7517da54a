/** Asks somebody who came in by a sign-in link for a password. The server takes one without the current, for an hour. */

import { type FormEvent, useEffect, useState } from 'react'
import { expect, request } from '../api/request'
import { type Person, renewPerson } from '../sync'
import { Button } from '../ui/Button'
import { Mark } from '../ui/Dot'
import { Field } from './Field'
import { PASSWORD_LENGTH } from './FirstStart'
import { useSending } from './useSending'

export function ChoosePassword({ person, onDone }: { person: Person; onDone: () => void }) {
  const { busy, errors, sentence, send } = useSending()
  const [password, setPassword] = useState('')
  const title = person.has_password ? 'Choose a new password' : 'Choose a password'

  useEffect(() => {
    document.title = `${title} · Livelane`
  }, [title])

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    const change = () => expect(request({ method: 'PATCH', path: 'api/me', body: { password } }))
    const answer = await send(change)
    if (!answer) return
    renewPerson(answer.body)
    onDone()
  }

  return (
    <main className="start one">
      <div className="l">
        <form onSubmit={(event) => void save(event)}>
          <span className="brand">
            <Mark />
          </span>
          <h1>{title}</h1>
          <p className="lead">
            You are signed in as {person.name}. The link worked this once; from now on you sign in with your
            password.{person.has_password && ' A new one ends your sessions on other browsers.'}
          </p>
          <Field name="Email" type="email" value={person.email ?? ''} autoComplete="username" readOnly />
          <Field
            name="Password"
            hint={`${PASSWORD_LENGTH} characters or more`}
            type="password"
            value={password}
            autoComplete="new-password"
            required
            minLength={PASSWORD_LENGTH}
            autoFocus
            error={errors.password}
            onChange={(event) => setPassword(event.target.value)}
          />
          {sentence && !errors.password && (
            <p className="form-error" role="alert">
              {sentence}
            </p>
          )}
          <Button look="primary" type="submit" disabled={busy}>
            Save and go on
          </Button>
          <Button look="quiet" onClick={onDone}>
            Not now
          </Button>
        </form>
      </div>
    </main>
  )
}
