/** An invitation's link: make an account, or join with the one there is. */

import { type FormEvent, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { expect, request } from '../api/request'
import { useDoor, useMaybeSession } from '../live/session'
import { setUp } from '../sync'
import { Button } from '../ui/Button'
import { Mark } from '../ui/Dot'
import { dropCode } from './code'
import type { Code } from './describe'
import { Field } from './Field'
import { PASSWORD_LENGTH } from './FirstStart'
import { tellWhere } from './here'
import { SignIn } from './SignIn'
import { useSending } from './useSending'

const MAY: Record<string, string> = {
  viewer: 'You can look at it, live.',
  editor: 'You can change everything on it.',
  owner: 'You own it together with whoever invited you.',
}

export function Invited({ code, use }: { code: string; use: Code }) {
  const session = useMaybeSession()
  const signedIn = session !== undefined && session.ended() === undefined
  const title = use.board?.title ?? 'a board'
  useEffect(() => {
    document.title = `Join ${title} · Livelane`
  }, [title])
  if (signedIn) return <Join code={code} use={use} name={session.person.name} />
  if (use.has_account)
    return (
      <SignIn
        title={`Join ${title}`}
        lead="You have an account here. Sign in to join the board."
        email={use.email ?? ''}
      />
    )
  return <MakeAccount code={code} use={use} />
}

/** Signed in already: one press. */
function Join({ code, use, name }: { code: string; use: Code; name: string }) {
  const [, go] = useLocation()
  const { busy, sentence, send } = useSending()

  async function join(): Promise<void> {
    const answer = await send(() =>
      expect(request({ method: 'POST', path: 'api/invitations', body: { code } })),
    )
    if (!answer) return
    dropCode()
    go(`/boards/${answer.body.id}`)
  }

  return (
    <main className="start one">
      <div className="l">
        <div className="card">
          <span className="brand">
            <Mark />
          </span>
          <h1>Join {use.board?.title}</h1>
          <p className="lead">
            You are signed in as {name}. {MAY[use.role ?? 'viewer']}
          </p>
          {sentence && (
            <p className="form-error" role="alert">
              {sentence}
            </p>
          )}
          <Button look="primary" disabled={busy} onClick={() => void join()}>
            Join as {name}
          </Button>
          <Button look="quiet" onClick={dropCode}>
            Not now
          </Button>
        </div>
      </div>
    </main>
  )
}

function MakeAccount({ code, use }: { code: string; use: Code }) {
  const { enter } = useDoor()
  const [, go] = useLocation()
  const { busy, errors, sentence, send } = useSending()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault()
    const session = await send(() => setUp({ code, name: name.trim(), email: use.email ?? '', password }))
    if (!session) return
    await tellWhere()
    dropCode()
    enter(session)
    go(use.board ? `/boards/${use.board.id}` : '/')
  }

  return (
    <main className="start one">
      <div className="l">
        <form onSubmit={(event) => void create(event)}>
          <span className="brand">
            <Mark />
          </span>
          <h1>Join {use.board?.title}</h1>
          <p className="lead">Make your account. {MAY[use.role ?? 'viewer']}</p>
          <Field
            name="Email"
            type="email"
            value={use.email ?? ''}
            autoComplete="username"
            readOnly
            error={errors.email}
          />
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
            Create account and open the board
          </Button>
        </form>
      </div>
    </main>
  )
}
