/** Asks the server what a link's code is for. That does not use it up. */

import { useEffect, useState } from 'react'
import { expect, Refused, request } from '../api/request'
import type { Id, Role } from '../sync'

export interface Code {
  purpose: 'setup' | 'invitation' | 'sign-in'
  email: string | null
  name: string | null
  board: { id: Id; title: string } | null
  role: Role | null
  /** Somebody with this address has an account: sign in, then accept. */
  has_account: boolean
}

export type Described = { is: 'asking' } | { is: 'known'; code: Code } | { is: 'void'; sentence: string }

const RETRY_MS = 2_000

export function useDescribedCode(code: string): Described {
  const [described, setDescribed] = useState<Described>({ is: 'asking' })
  useEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = () =>
      expect(request({ method: 'POST', path: 'api/code', body: { code } })).then(
        ({ body }) => !over && setDescribed({ is: 'known', code: body }),
        (error: unknown) => {
          if (over) return
          const refusal = error instanceof Refused ? error.refusal : undefined
          if (refusal && refusal.status > 0 && refusal.status < 500)
            setDescribed({ is: 'void', sentence: refusal.detail || refusal.title })
          else timer = setTimeout(ask, RETRY_MS) // nobody answers yet: the code is still good
        },
      )
    void ask()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [code])
  return described
}
