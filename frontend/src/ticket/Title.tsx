/** The ticket's title: a click or a key makes it a field. Enter saves, Escape reverts. */

import { type RefObject, useEffect, useRef, useState } from 'react'
import type { Id, Ticket, Viewed } from '../sync'
import { ConflictBox } from './ConflictBox'
import { NotSaved } from './NotSaved'
import { useField } from './useField'

const LIMIT = 500

export function Title({
  ticket,
  mayEdit,
  editAtOnce = false,
  headingRef,
}: {
  ticket: Viewed<Ticket> & { id: Id }
  mayEdit: boolean
  /** Opened for renaming. */
  editAtOnce?: boolean
  headingRef?: RefObject<HTMLHeadingElement | null>
}) {
  const field = useField(ticket.id, 'title', ticket.title, ticket.version)
  const { edit, conflict } = field
  const area = useRef<HTMLTextAreaElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const [wrong, setWrong] = useState('')
  const began = useRef(false)

  function start(): void {
    field.start()
    began.current = true
  }

  useEffect(() => {
    if (editAtOnce && mayEdit) start()
  }, [editAtOnce, ticket.id])

  useEffect(() => {
    if (!edit || !began.current) return
    began.current = false
    area.current?.focus()
    area.current?.select()
  }, [edit])

  function finish(act: () => void): void {
    act()
    setWrong('')
    requestAnimationFrame(() => button.current?.focus({ preventScroll: true }))
  }

  function save(): void {
    const text = edit?.text.trim() ?? ''
    if (!text) return setWrong('A ticket needs a title.')
    if (text !== edit?.text) field.type(text)
    field.save()
    setWrong('')
  }

  return (
    <div className="title-place">
      {edit ? (
        <>
          <textarea
            ref={area}
            className="title input"
            aria-label="Title"
            aria-invalid={wrong ? true : undefined}
            rows={1}
            maxLength={LIMIT}
            value={edit.text}
            onChange={(event) => field.type(event.target.value.replace(/\s*\n\s*/g, ' '))}
            onBlur={(event) => {
              const inside = event.relatedTarget?.closest('.title-place')
              if (!inside && !edit.theirs && edit.text.trim()) save()
            }}
            onKeyDown={(event) => {
              event.stopPropagation()
              if (event.nativeEvent.isComposing) return
              if (event.key === 'Enter') {
                event.preventDefault()
                if (!edit.theirs && edit.text.trim()) finish(save)
                else save()
              } else if (event.key === 'Escape') finish(field.drop)
            }}
          />
          {wrong && (
            <p className="error" role="alert">
              {wrong}
            </p>
          )}
        </>
      ) : (
        <h1 className="title" ref={headingRef} tabIndex={-1}>
          {mayEdit ? (
            <button ref={button} type="button" onClick={start} title="Edit the title (E)">
              {ticket.title}
            </button>
          ) : (
            ticket.title
          )}
        </h1>
      )}
      {conflict ? (
        <ConflictBox
          what="title"
          theirs={{
            text: String(conflict.theirs),
            by: conflict.by,
            via: conflict.via ?? null,
            at: conflict.at,
          }}
          mine={String(conflict.yours)}
          onTheirs={field.keepTheirs}
          onMine={field.keepMine}
        />
      ) : (
        edit?.theirs && (
          <ConflictBox
            what="title"
            theirs={edit.theirs}
            mine={edit.text}
            onTheirs={() => finish(field.keepTheirs)}
            onMine={() => finish(field.keepMine)}
          />
        )
      )}
      {field.refusal && edit && <NotSaved refusal={field.refusal} />}
    </div>
  )
}
