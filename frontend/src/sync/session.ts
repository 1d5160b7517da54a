/** Who is signed in, and everything that lives and dies with that: the stream, the outbox, the open boards. */

import {
  type Answer,
  bareRequest,
  baseUrl,
  expect,
  guardRequests,
  Refused,
  refusalOf,
  send,
} from '../api/request'
import type { BoardStore, OldChanges, Session } from './api'
import { LiveBoard } from './boardStore'
import { ServerClock, timeOf } from './clock'
import { ConnectionTeller } from './connection'
import { browserFrames } from './frames'
import { holdTab, knownPerson, onPersonChange, rememberPerson, uuid, withIdentity } from './identity'
import { type Link, openLink } from './link'
import { Memberships } from './memberships'
import { Orphans } from './orphans'
import { Outbox } from './outbox'
import { userTopic } from './protocol'
import { openStorage, type PersonStorage } from './storage'
import type { Connection, Id, Membership, Person } from './types'

declare global {
  interface Window {
    /** The session of this tab, for the console: `livelane.open(1).connection()`. */
    livelane?: Session
  }
}

const AGAIN_MS = 5_000
const DATE_MS = 3_000 // a Date header is cut to seconds, and servers keep one for a while

type Topic = 'person' | 'memberships' | 'connection' | 'unsaved' | 'ended' | 'old'
type Ending = 'expired' | 'signed-out' | 'other'

const tab = uuid()
let current: LiveSession | undefined

/** Who am I? Undefined: nobody. With no answer, whoever was here last may go on reading and writing offline. */
export async function openSession(): Promise<Session | undefined> {
  if (current && !current.ended()) return current
  return withIdentity('shared', async () => {
    const answer = await bareRequest({ method: 'GET', path: 'api/me' }).catch(() => undefined)
    if (answer?.ok) return begin(answer.body as Person, true)
    if (answer?.status === 401) {
      current?.end('expired')
      return undefined
    }
    const refusal = answer?.refusal ?? refusalOf(0, null)
    const known = knownPerson()
    if (known && (refusal.status === 0 || refusal.status >= 500)) return begin(known, false)
    throw new Refused(refusal, answer)
  })
}

export async function signIn(
  with_: { email: string; password: string } | { code: string },
): Promise<Session> {
  return enter('api/session', with_)
}

export async function setUp(account: {
  code: string
  name: string
  email: string
  password: string
}): Promise<Session> {
  return enter('api/setup', account)
}

/** My account as the server just answered it, after I changed it. */
export function renewPerson(person: Person): void {
  if (current?.person.uid !== person.uid) return
  rememberPerson(person)
  current.revive(person)
}

async function enter(path: string, body: object): Promise<Session> {
  return withIdentity('exclusive', async () => {
    await expect(bareRequest({ method: 'POST', path, body }))
    const me = await expect(bareRequest({ method: 'GET', path: 'api/me' }))
    return begin(me.body as Person, true)
  })
}

async function begin(person: Person, verified: boolean): Promise<LiveSession> {
  rememberPerson(person)
  if (current?.person.uid === person.uid) {
    current.revive(person)
    return current
  }
  current?.end('other')
  const storage = await openStorage(`livelane ${baseUrl()} ${person.uid}`)
  current = new LiveSession(person, storage, verified)
  window.livelane = current
  return current
}

class LiveSession implements Session {
  person: Person
  private readonly link: Link
  private readonly outbox: Outbox
  private readonly clock = new ServerClock()
  private readonly boards = new Map<Id, LiveBoard>()
  private readonly memberships_: Memberships
  private readonly teller: ConnectionTeller
  private readonly listeners = new Map<Topic, Set<() => void>>()
  private readonly stops: (() => void)[] = []
  private ending: Ending | undefined
  private readonly orphans: Orphans

  constructor(
    person: Person,
    private readonly storage: PersonStorage,
    private verified: boolean,
  ) {
    this.person = person
    guardRequests(this.guard)
    const now = () => Date.now()
    const hub = new URLSearchParams(location.search).get('hub')
    this.link = openLink({ person: person.id, base: baseUrl(), ...(hub === 'tab' ? { holder: 'tab' } : {}) })
    this.outbox = new Outbox({
      send,
      storage,
      now,
      random: Math.random,
      after(ms, run) {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
    })
    this.memberships_ = new Memberships(send, () => {
      this.tell('memberships')
      for (const { board_id } of this.memberships_.all() ?? []) this.boards.get(board_id)?.again()
    })
    const online = () => navigator.onLine
    this.teller = new ConnectionTeller({ link: this.link, outbox: this.outbox, now, online }, () =>
      this.tell('connection'),
    )
    let streaming = false
    this.stops.push(
      this.link.watch(userTopic(person.id), this.memberships_),
      this.link.onState((state) => {
        if (state.phase === 'refused') void this.verify()
        if (state.phase === 'other') this.end('other')
        if (state.phase === 'open' && !streaming) this.outbox.retry() // somebody answers again
        streaming = state.phase === 'open'
      }),
      this.link.onHeartbeat((at, heardAt) => this.clock.heard(timeOf(at), heardAt)),
      this.outbox.onAny(() => this.tell('unsaved')),
      onPersonChange(() => this.personChanged()),
    )
    const wake = () => this.outbox.retry()
    window.addEventListener('online', wake)
    this.stops.push(
      () => window.removeEventListener('online', wake),
      () => this.teller.close(),
    )
    holdTab(tab)
    this.orphans = new Orphans(tab, storage, this.outbox, () => this.tell('old'))
    this.stops.push(() => this.orphans.close())
  }

  open(board: Id): BoardStore {
    let store = this.boards.get(board)
    if (!store) {
      store = new LiveBoard(
        board,
        {
          link: this.link,
          outbox: this.outbox,
          clock: this.clock,
          frames: browserFrames,
          send,
          saved: {
            load: (id) => this.storage.loadBoard(id),
            save: (id, snapshot) => this.ending !== 'signed-out' && this.storage.saveBoard(id, snapshot),
          },
          person: this.person.id,
          tab,
          app: document.querySelector<HTMLMetaElement>('meta[name=livelane-app]')?.content,
          now: () => Date.now(),
          uuid,
          online: () => navigator.onLine,
        },
        () => this.boards.delete(board),
      )
      this.boards.set(board, store)
    }
    return store.hold()
  }

  memberships(): readonly Membership[] | undefined {
    return this.memberships_.all()
  }

  connection(): Connection {
    return this.teller.current()
  }

  unsaved(): number {
    return this.outbox.unsaved()
  }

  ended(): Ending | undefined {
    return this.ending
  }

  subscribe(key: Topic, listener: () => void): () => void {
    const set = this.listeners.get(key) ?? new Set()
    this.listeners.set(key, set.add(listener))
    return () => set.delete(listener)
  }

  async signOut(): Promise<void> {
    await withIdentity('exclusive', async () => {
      const answer = await expect(bareRequest({ method: 'DELETE', path: 'api/session' })).catch(
        (error: Refused) => {
          if (error.refusal.status !== 401) throw error // signed out already is signed out
        },
      )
      void answer
      rememberPerson(undefined)
      this.end('signed-out')
      await this.storage.forgetBoards() // unsent changes stay, for the same person's return
    })
  }

  /** Every request of this session goes this way: never under another person, and each answer tells the time. */
  private readonly guard = (send: () => Promise<Answer>): Promise<Answer> =>
    withIdentity('shared', async () => {
      const known = knownPerson()
      if (known && known.uid !== this.person.uid) {
        this.end('other')
        throw new Refused(refusalOf(0, null))
      }
      if (this.ending && this.ending !== 'expired') throw new Refused(refusalOf(0, null))
      if (!this.verified) await this.check()
      const answer = await send()
      if (answer.serverDate !== null) {
        this.clock.heard(answer.serverDate, answer.answeredAt)
        this.clock.caused(answer.serverDate, answer.sentAt, DATE_MS)
      }
      if (answer.status === 401) this.end('expired')
      return answer
    })

  /** Begun from memory alone: the cookie may be another's by now. */
  private async check(): Promise<void> {
    const me = await bareRequest({ method: 'GET', path: 'api/me' })
    if (me.status === 401) {
      this.end('expired')
      throw new Refused(me.refusal!)
    }
    if (!me.ok) throw new Refused(me.refusal!)
    if (me.body?.uid !== this.person.uid) {
      this.end('other')
      throw new Refused(refusalOf(0, null))
    }
    this.verified = true
  }

  /** The stream was refused: is it the session? */
  private async verify(): Promise<void> {
    try {
      const me = await withIdentity('shared', () => bareRequest({ method: 'GET', path: 'api/me' }))
      if (me.status === 401) this.end('expired')
      else if (me.ok && me.body?.uid !== this.person.uid) this.end('other')
      else this.later()
    } catch {
      this.later()
    }
  }

  /** Only the stream says no. Asking it again at once would go on for ever. */
  private later(): void {
    setTimeout(() => !this.ending && this.link.nudge(), AGAIN_MS)
  }

  private personChanged(): void {
    const known = knownPerson()
    if (!known) this.end('signed-out')
    else if (known.uid !== this.person.uid) this.end('other')
    else if (this.ending) this.revive(known)
  }

  /** The same person is back: everything goes on where it stood. */
  revive(person: Person): void {
    this.person = person
    this.verified = true
    this.tell('person')
    if (!this.ending) return
    if (this.ending !== 'expired') return location.reload() // the stream was let go of
    this.ending = undefined
    this.tell('ended')
    this.outbox.block(null)
    this.link.nudge()
  }

  end(why: Ending): void {
    if (this.ending === why || (this.ending && this.ending !== 'expired')) return
    this.ending = why
    this.outbox.block(why)
    if (why !== 'expired') {
      // Nothing of this person may go on in this browser: neither stream nor timers.
      for (const stop of this.stops) stop()
      this.link.end()
      this.outbox.close()
      if (why === 'signed-out') guardRequests(undefined)
    }
    this.tell('ended')
    this.tell('connection')
  }

  oldChanges(): OldChanges | undefined {
    return this.orphans.old()
  }

  private tell(key: Topic): void {
    for (const listener of this.listeners.get(key) ?? []) listener()
  }
}
