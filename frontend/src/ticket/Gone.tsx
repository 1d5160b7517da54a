/** The ticket left the board while somebody had it open. What was typed is still there, to save or to copy. */

import { useState } from 'react'
import { baseUrl } from '../api/request'
import { comeBack } from '../history/comeBack'
import { whoOf } from '../history/deed'
import { useTimes } from '../history/useTimes'
import { useBoard } from '../live/board'
import { usePerson } from '../live/session'
import { Button } from '../ui/Button'
import { copy } from '../ui/clipboard'
import { toast } from '../ui/toasts'
import { type Draft, Drafts } from './draft'
import type { Standing } from './useTicketRow'

export function Gone({
  standing,
  mayEdit,
}: {
  standing: Extract<Standing, { is: 'archived' | 'deleted' | 'moved' }>
  mayEdit: boolean
}) {
  const store = useBoard()
  const person = usePerson()
  const times = useTimes()
  const { ticket, event } = standing
  const [drafts] = useState(() => new Drafts(person.id, baseUrl()))
  const title = drafts.read(ticket.id, 'title')
  const description = drafts.read(ticket.id, 'description')
  const kept = Boolean(title || description)
  const who = event ? whoOf(event).name : undefined
  const when = event?.at ?? (standing.is === 'archived' ? ticket.archived_at : null)
  const verb = { archived: 'archived', deleted: 'deleted', moved: 'moved' }[standing.is]
  const place = standing.is === 'moved' ? ' to another board' : ''
  const at = when ? ` at ${times.clock(when)}` : ''
  const sentence = who ? `${who} ${verb} this ticket${place}${at}.` : `This ticket was ${verb}${place}${at}.`

  async function restore(): Promise<void> {
    const back = await comeBack(store, ticket.id, () => void saveKept())
    if (back.is === 'not' && back.outcome.is === 'refused')
      toast({ text: `${ticket.id} stays archived: ${back.outcome.refusal.detail}` })
  }

  async function saveKept(): Promise<void> {
    if (!kept) return
    const { settled } = store.run({
      do: 'ticket.edit',
      id: ticket.id,
      ...(title ? { title: title.text } : {}),
      ...(description ? { description: description.text } : {}),
    })
    if ((await settled).is !== 'saved') return
    drafts.drop(ticket.id, 'title')
    drafts.drop(ticket.id, 'description')
  }

  return (
    <div className="conflict gone" role="alert">
      <p>
        <b>{sentence}</b>
        {kept && ' Your text is kept.'}
      </p>
      {title && <KeptText name="Title" draft={title} />}
      {description && <KeptText name="Text" draft={description} />}
      <div className="acts">
        {standing.is === 'archived' && mayEdit && (
          <Button small look="primary" onClick={() => void restore()}>
            {kept ? 'Restore and save' : 'Restore'}
          </Button>
        )}
        {kept && (
          <Button
            small
            onClick={() => {
              const text = [title?.text, description?.text].filter(Boolean).join('\n\n')
              void copy(text).then((copied) =>
                toast({
                  text: copied
                    ? 'Copied your text.'
                    : 'This browser did not let it be copied. Select it above.',
                }),
              )
            }}
          >
            Copy my text
          </Button>
        )}
      </div>
    </div>
  )
}

function KeptText({ name, draft }: { name: string; draft: Draft }) {
  return (
    <div className="opt">
      <span>{name}</span>
      <p className="text">{draft.text}</p>
    </div>
  )
}
