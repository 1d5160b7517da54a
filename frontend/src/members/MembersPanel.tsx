/** Who is on the board, what they may do, and how others come in. Beside the board, like a ticket. */

import { ArrowLeft, Copy, X } from 'lucide-react'
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { expect, Refused, request } from '../api/request'
import { useTimes } from '../history/useTimes'
import { useBoard, useBoardConnection, useBoardValue, useMembers } from '../live/board'
import { connectionWords } from '../live/connection'
import { usePerson } from '../live/session'
import type { Id, Member, Role } from '../sync'
import { Avatar } from '../ui/Avatar'
import { Button, IconButton } from '../ui/Button'
import { copy } from '../ui/clipboard'
import { Dot } from '../ui/Dot'
import { count } from '../ui/figures'
import { toast } from '../ui/toasts'
import '../ui/panel.css'
import './members.css'

const ROLES: [Role, string, string][] = [
  ['viewer', 'Viewer', 'looks'],
  ['editor', 'Editor', 'changes tickets and columns'],
  ['owner', 'Owner', 'also members and the archive of the board'],
]

/** As REST tells it: with addresses and invitations, for owners. */
interface Listed {
  person_id: Id | null
  email: string | null
  role: Role
  invitation_id: number | null
}

export default function MembersPanel({ onClose }: { onClose: () => void }) {
  const store = useBoard()
  const members = useMembers()
  const me = usePerson()
  const owner = useBoardValue('members', (board) => board.role() === 'owner')
  const { listed, failed, read } = useListed(store.id, members)
  const panel = useRef<HTMLElement>(null)
  const { dot, word } = connectionWords(useBoardConnection(), null, useTimes())
  const emails = new Map(listed.map((each) => [each.person_id, each.email]))
  const invitations = listed.filter((each) => each.invitation_id !== null)

  useEffect(() => {
    panel.current?.focus({ preventScroll: true })
  }, [])

  return (
    <aside
      ref={panel}
      className="panel members-panel"
      aria-label="Members"
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.stopPropagation()
        onClose()
      }}
    >
      <header className="panelhead">
        <IconButton label="Back" className="only-phone" onClick={onClose}>
          <ArrowLeft className="i" />
        </IconButton>
        <h2>Members</h2>
        <span className="t3">{count(members.length, 'person', 'people')}</span>
        <span className="grow" />
        <span className="only-phone">
          <Dot state={dot} label={word} />
        </span>
        <IconButton label="Close" keys="Escape" className="not-phone" onClick={onClose}>
          <X className="i" />
        </IconButton>
      </header>
      <div className="members-body">
        {owner && <Invite onInvited={read} />}
        {failed && (
          <p className="t2" role="status">
            {failed}
          </p>
        )}
        <ul aria-label="Members">
          {members.map((member) => (
            <MemberLine
              key={member.person_id}
              member={member}
              email={emails.get(member.person_id) ?? null}
              owner={owner}
              me={member.person_id === me.id}
              last={member.role === 'owner' && members.filter((each) => each.role === 'owner').length === 1}
            />
          ))}
        </ul>
        {invitations.length > 0 && (
          <>
            <h3>Invited</h3>
            <ul aria-label="Invited">
              {invitations.map((each) => (
                <Invitation key={each.invitation_id} invitation={each} board={store.id} onGone={read} />
              ))}
            </ul>
          </>
        )}
        <dl className="roles">
          {ROLES.map(([role, name, may]) => (
            <div key={role}>
              <dt>{name}</dt>
              <dd>{may}</dd>
            </div>
          ))}
        </dl>
      </div>
    </aside>
  )
}

function MemberLine({
  member,
  email,
  owner,
  me,
  last,
}: {
  member: Member
  email: string | null
  owner: boolean
  me: boolean
  /** The only owner: somebody has to be one. */
  last: boolean
}) {
  const store = useBoard()
  const [, go] = useLocation()
  const { person_id, name, role } = member

  // A refusal is told by the board beside, like any other.
  function change(next: Role): void {
    store.run({ do: 'member.edit', person_id, role: next })
  }

  function remove(): void {
    const { op, settled } = store.run({ do: 'member.remove', person_id, ...(email && !me ? { email } : {}) })
    const step = store.undoable()
    const back = step?.ops.includes(op) && {
      text: 'Undo',
      keys: 'Mod+Z',
      run: () => bringBack(step.key),
    }
    void settled.then((outcome) => {
      if (outcome.is !== 'saved') return
      if (me) return go('/')
      const text = `Removed ${name}. Their streams of this board ended.`
      toast({ key: 'done', text, ...(back ? { actions: [back] } : {}) })
    })
  }

  function bringBack(step: string): void {
    const [operation] = store.undo(step)
    void operation?.settled.then((outcome) => {
      if (outcome.is === 'saved') toast({ key: 'done', text: `${name} is a member again.`, stays: 3_000 })
    })
  }

  return (
    <li className="member">
      <Avatar id={person_id} name={name} size={26} decorative />
      <div className="who">
        <b>{name}</b>
        {me && <span className="t3"> you</span>}
        {email && <span className="email">{email}</span>}
      </div>
      {owner ? (
        <select
          className="input"
          aria-label={`Role of ${name}`}
          value={role}
          disabled={last}
          title={last ? 'The only owner: make somebody else an owner first.' : undefined}
          onChange={(event) => change(event.target.value as Role)}
        >
          {ROLES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      ) : (
        <span className="role">{role}</span>
      )}
      {(owner || me) && (
        <Button
          small
          look="quiet"
          className="leave"
          disabled={last}
          onClick={remove}
          aria-label={me ? 'Leave this board' : `Remove ${name}`}
        >
          {me ? 'Leave' : 'Remove'}
        </Button>
      )}
    </li>
  )
}

function Invite({ onInvited }: { onInvited: () => void }) {
  const store = useBoard()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('editor')
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState('')
  const [link, setLink] = useState<{ email: string; url: string; member: boolean }>()

  async function invite(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setWrong('')
    try {
      const address = email.trim()
      const { body } = await expect(
        request({ method: 'POST', path: `api/boards/${store.id}/members`, body: { email: address, role } }),
      )
      setLink({ email: address, url: body.link ?? '', member: body.person_id !== null })
      setEmail('')
      onInvited()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      setWrong(error.refusal.errors?.[0]?.detail || error.refusal.detail || error.refusal.title)
    } finally {
      setBusy(false)
    }
  }

  return (
    <form className="invite" onSubmit={(event) => void invite(event)}>
      <input
        className="input"
        type="email"
        required
        placeholder="name@example.org"
        aria-label="Address"
        aria-invalid={wrong ? true : undefined}
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <select
        className="input"
        aria-label="Role"
        value={role}
        onChange={(event) => setRole(event.target.value as Role)}
      >
        {ROLES.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <Button look="primary" type="submit" disabled={busy}>
        Invite
      </Button>
      {wrong && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      {link && (
        <div className="link-box" role="status">
          <p>
            {link.member ? (
              <>
                <b>{link.email} is a member now.</b> The board is in their list; this link opens it.
              </>
            ) : (
              <>
                <b>Hand this link to {link.email}.</b> It works once, for seven days. Livelane sends no mail.
              </>
            )}
          </p>
          <code data-testid="invitation">{link.url}</code>
          <Button
            small
            onClick={() =>
              void copy(link.url).then((copied) =>
                toast({
                  text: copied
                    ? 'Copied the link.'
                    : 'This browser did not let it be copied. Select it instead.',
                }),
              )
            }
          >
            <Copy className="i s" />
            Copy link
          </Button>
        </div>
      )}
    </form>
  )
}

function Invitation({ invitation, board, onGone }: { invitation: Listed; board: Id; onGone: () => void }) {
  const [wrong, setWrong] = useState('')

  async function withdraw(): Promise<void> {
    try {
      const path = `api/boards/${board}/invitations/${invitation.invitation_id!}` as const
      await expect(request({ method: 'DELETE', path }))
      onGone()
    } catch (error) {
      setWrong(error instanceof Refused ? error.refusal.detail || error.refusal.title : String(error))
    }
  }

  return (
    <li className="member">
      <span className="av m more" aria-hidden="true">
        @
      </span>
      <div className="who">
        <b>{invitation.email}</b>
        {wrong && (
          <span className="wrong" role="alert">
            {wrong}
          </span>
        )}
      </div>
      <span className="role">{invitation.role}</span>
      <Button
        small
        look="quiet"
        onClick={() => void withdraw()}
        aria-label={`Withdraw the invitation of ${invitation.email}`}
      >
        Withdraw
      </Button>
    </li>
  )
}

/** Addresses and invitations do not stream; read again whenever the members change. */
function useListed(board: Id, members: readonly Member[]) {
  const [listed, setListed] = useState<Listed[]>([])
  const [failed, setFailed] = useState('')
  const read = useCallback(() => {
    expect(request({ method: 'GET', path: `api/boards/${board}/members` })).then(
      ({ body }) => {
        setListed(body)
        setFailed('')
      },
      () => setFailed('The addresses did not load. The members below are live.'),
    )
  }, [board])
  useEffect(read, [read, members])
  return { listed, failed, read }
}
