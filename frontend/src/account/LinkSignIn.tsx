/**
 * A sign-in link: goes straight in, unless somebody else is signed in on this browser. One that leads to the front door
 * was printed for somebody who has no password, or forgot it: there it asks for a new one on the way.
 */

import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useDoor, useMaybeSession } from '../live/session'
import { type Session, signIn } from '../sync'
import { Button } from '../ui/Button'
import { Mark } from '../ui/Dot'
import { ChoosePassword } from './ChoosePassword'
import { dropCode } from './code'
import type { Code } from './describe'
import { useSending } from './useSending'

export function LinkSignIn({ code, use }: { code: string; use: Code }) {
  const { enter } = useDoor()
  const session = useMaybeSession()
  const other = session !== undefined && session.ended() === undefined && session.person.email !== use.email
  const { busy, sentence, send } = useSending()
  const sent = useRef(false)
  const [place] = useLocation()
  const [chooses, setChooses] = useState<Session>()

  async function go(): Promise<void> {
    sent.current = true
    const entered = await send(() => signIn({ code }))
    if (!entered) return
    if (place === '/') setChooses(entered)
    else goIn(entered)
  }

  function goIn(entered: Session): void {
    dropCode()
    enter(entered)
  }

  useEffect(() => {
    if (other || sent.current) return
    void go()
  }, [other])

  if (chooses) return <ChoosePassword person={chooses.person} onDone={() => goIn(chooses)} />

  const name = use.name ?? use.email ?? 'somebody else'
  return (
    <main className="start one">
      <div className="l">
        <div className="card">
          <span className="brand">
            <Mark />
          </span>
          {other ? (
            <>
              <h1>Sign in as {name}?</h1>
              <p className="lead">
                {session.person.name} is signed in on this browser. What is not saved yet is kept for{' '}
                {session.person.name} alone.
              </p>
              <Button look="primary" disabled={busy} onClick={() => void go()}>
                Sign in as {name}
              </Button>
              <Button look="quiet" onClick={dropCode}>
                Stay {session.person.name}
              </Button>
            </>
          ) : (
            <>
              <h1>Signing in as {name}</h1>
              {sentence && (
                <Button look="primary" onClick={dropCode}>
                  Sign in another way
                </Button>
              )}
            </>
          )}
          {sentence && (
            <p className="form-error" role="alert">
              {sentence}
            </p>
          )}
        </div>
      </div>
    </main>
  )
}
