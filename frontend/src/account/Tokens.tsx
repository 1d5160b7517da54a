/** Tokens for programs: made with a name, shown once, ended by a press. */

import { Copy } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { expect, Refused, request } from '../api/request'
import { useTimes } from '../history/useTimes'
import { Button } from '../ui/Button'
import { copy } from '../ui/clipboard'
import { toast } from '../ui/toasts'
import { Field } from './Field'
import { useSending } from './useSending'

interface Token {
  id: number
  name: string
  created_at: string
  expires_on: string | null
  last_used_at: string | null
}

export function Tokens() {
  const times = useTimes()
  const { busy, errors, sentence, send } = useSending()
  const [tokens, setTokens] = useState<Token[]>()
  const [failed, setFailed] = useState('')
  const [name, setName] = useState('')
  const [until, setUntil] = useState('')
  const [secret, setSecret] = useState<{ name: string; token: string }>()

  useEffect(() => {
    let over = false
    expect(request({ method: 'GET', path: 'api/tokens' })).then(
      ({ body }) => !over && setTokens(body),
      (error: unknown) =>
        !over && setFailed(error instanceof Refused ? error.refusal.title : 'The tokens did not load.'),
    )
    return () => {
      over = true
    }
  }, [])

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault()
    const wanted = { name: name.trim(), ...(until ? { expires_on: until } : {}) }
    const answer = await send(() => expect(request({ method: 'POST', path: 'api/tokens', body: wanted })))
    if (!answer) return
    const { token, ...row } = answer.body as Token & { token: string }
    setTokens((known) => [...(known ?? []), row])
    setSecret({ name: row.name, token })
    setName('')
    setUntil('')
  }

  async function end(token: Token): Promise<void> {
    const done = await send(() => expect(request({ method: 'DELETE', path: `api/tokens/${token.id}` })))
    if (!done) return
    setTokens((known) => known?.filter((each) => each.id !== token.id))
    if (secret?.name === token.name) setSecret(undefined)
    toast({ text: `Ended the token “${token.name}”. Its streams ended with it.` })
  }

  return (
    <section aria-labelledby="tokens">
      <h2 id="tokens">Tokens for programs</h2>
      <p className="about">
        A program with your token may do what you may do: <code>Authorization: Bearer …</code>
      </p>
      {failed && <p className="form-error">{failed}</p>}
      {tokens?.length === 0 && <p className="t3">No tokens.</p>}
      <ul aria-label="Tokens">
        {tokens?.map((token) => (
          <li key={token.id} className="token">
            <b>{token.name}</b>
            <span>
              Made {times.date(token.created_at)},{' '}
              {token.last_used_at ? `last used ${times.ago(token.last_used_at)}` : 'never used'}
              {token.expires_on && `, good until ${times.date(`${token.expires_on}T12:00:00Z`)}`}
            </span>
            <Button
              small
              look="danger"
              onClick={() => void end(token)}
              aria-label={`End the token ${token.name}`}
            >
              End
            </Button>
          </li>
        ))}
      </ul>
      {secret && (
        <div className="secret" role="status">
          <p>
            <b>This is shown once.</b> Copy it now; nobody can read it again.
          </p>
          <code data-testid="secret">{secret.token}</code>
          <Button
            small
            onClick={() =>
              void copy(secret.token).then((copied) =>
                toast({
                  text: copied
                    ? 'Copied the token.'
                    : 'This browser did not let it be copied. Select it instead.',
                }),
              )
            }
          >
            <Copy className="i s" />
            Copy
          </Button>
        </div>
      )}
      <form className="new-token" onSubmit={(event) => void create(event)}>
        <Field
          name="Name"
          hint="what it is for"
          value={name}
          required
          maxLength={200}
          error={errors.name}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          name="Good until"
          hint="or for ever"
          type="date"
          value={until}
          error={errors.expires_on}
          onChange={(event) => setUntil(event.target.value)}
        />
        <Button type="submit" disabled={busy}>
          Make a token
        </Button>
      </form>
      {sentence && !errors.name && !errors.expires_on && (
        <p className="form-error" role="alert">
          {sentence}
        </p>
      )}
    </section>
  )
}
