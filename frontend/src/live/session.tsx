/** Who is signed in, for every component; and how one comes in. Features read it from here, never from the app. */

import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react'
import { baseUrl } from '../api/request'
import { type Connection, openSession, type Refusal, type Session } from '../sync'

export type Entrance =
  /** `silentFor`: since when there is no answer, for a sentence. */
  | { is: 'opening' }
  | { is: 'out' }
  | { is: 'unanswered'; refusal: Refusal; nextTryAt: number }
  | { is: 'in'; session: Session }

interface Door {
  state: Entrance
  /** After signing in or setting up. */
  enter(session: Session): void
  /** Ask again who is signed in, now. */
  retry(): void
}

const DoorContext = createContext<Door | undefined>(undefined)
const SessionContext = createContext<Session | undefined>(undefined)

const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 15_000

/** Asks who is signed in; every wait ends in content or in a sentence. */
export function SessionDoor({ children }: { children: ReactNode }) {
  const [state, setState] = useState<Entrance>({ is: 'opening' })
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    openSession().then(
      (session) => !over && setState(session ? { is: 'in', session } : { is: 'out' }),
      (error: { refusal?: Refusal }) => {
        if (over) return
        const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 5))
        setState({ is: 'unanswered', refusal: error.refusal ?? unknown(error), nextTryAt: Date.now() + wait })
        timer = setTimeout(() => setAttempt((n) => n + 1), wait)
      },
    )
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [attempt])

  const session = state.is === 'in' ? state.session : undefined
  useEffect(
    () =>
      session?.subscribe('ended', () => {
        if (session.ended() === 'signed-out') setState({ is: 'out' })
      }),
    [session],
  )

  const door = useMemo<Door>(
    () => ({
      state,
      enter: (entered) => setState({ is: 'in', session: entered }),
      retry: () => setAttempt((n) => n + 1),
    }),
    [state],
  )
  return (
    <DoorContext.Provider value={door}>
      <SessionContext.Provider value={session}>{children}</SessionContext.Provider>
    </DoorContext.Provider>
  )
}

function unknown(error: unknown): Refusal {
  return {
    problem: 'network',
    status: 0,
    title: 'No answer from the server.',
    detail: String(error),
    at: Date.now(),
  }
}

export function useDoor(): Door {
  const door = useContext(DoorContext)
  if (!door) throw new Error('useDoor outside SessionDoor')
  return door
}

/** The session; only below the routes that need one. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession without a session')
  return session
}

export function useMaybeSession(): Session | undefined {
  return useContext(SessionContext)
}

/** One of the session's values, live. */
export function useSessionValue<T>(
  topic: Parameters<Session['subscribe']>[0],
  get: (session: Session) => T,
): T {
  const session = useSession()
  return useSyncExternalStore(
    useCallback((listener) => session.subscribe(topic, listener), [session, topic]),
    () => get(session),
  )
}

export const useConnection = (): Connection =>
  useSessionValue('connection', (session) => session.connection())
export const useMemberships = () => useSessionValue('memberships', (session) => session.memberships())
export const usePerson = () => useSessionValue('person', (session) => session.person)

/** The path prefix without its last slash: "" or "/team". Every route and link starts there. */
export const basePath = (): string => new URL(baseUrl()).pathname.replace(/\/$/, '')
