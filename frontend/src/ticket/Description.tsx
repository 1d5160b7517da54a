/** What the ticket is about: read as markdown, written as text, with a draft that survives a reload. */

import { Suspense, useEffect, useRef, useState } from 'react'
import { useBoard, useBoardConnection, useBoardValue } from '../live/board'
import { tasksOf, withTask } from '../markdown/tasks'
import type { Ticket, Viewed } from '../sync'
import { Button, Keys } from '../ui/Button'
import { count } from '../ui/figures'
import { isMac } from '../ui/keys'
import { later } from '../ui/later'
import { ConflictBox } from './ConflictBox'
import { isDirty } from './edit'
import { NotSaved } from './NotSaved'
import { useField } from './useField'

const Markdown = later(
  () => import('../markdown/Markdown'),
  ({ text }) => <pre className="plain">{text}</pre>,
)

const LIMIT = 100_000
const PATIENCE_MS = 4_000

export function Description({ ticket, mayEdit }: { ticket: Viewed<Ticket>; mayEdit: boolean }) {
  const { id } = ticket
  const store = useBoard()
  const text = useBoardValue(`description:${id}`, (board) => board.description(id))
  const field = useField(id, 'description', text, ticket.version)
  const { edit, conflict } = field
  const area = useRef<HTMLTextAreaElement>(null)
  const began = useRef(false)
  const [preview, setPreview] = useState(false)

  useEffect(() => {
    if (text === undefined) store.loadDescription(id)
  }, [store, id, text])

  useEffect(() => {
    if (!edit || !began.current) return
    began.current = false
    const { current } = area
    current?.focus()
    current?.setSelectionRange(current.value.length, current.value.length)
  }, [edit])

  function start(): void {
    setPreview(false)
    began.current = true
    field.start()
  }

  if (text === undefined) return <Waiting />

  const box = conflict ? (
    <ConflictBox
      what="description"
      theirs={{
        text: String(conflict.theirs ?? ''),
        by: conflict.by,
        via: conflict.via ?? null,
        at: conflict.at,
      }}
      mine={String(conflict.yours ?? '')}
      onTheirs={field.keepTheirs}
      onMine={field.keepMine}
    />
  ) : (
    edit?.theirs && (
      <ConflictBox
        what="description"
        theirs={edit.theirs}
        mine={edit.text}
        onTheirs={field.keepTheirs}
        onMine={field.keepMine}
      />
    )
  )

  if (edit)
    return (
      <section className="description" aria-label="Description">
        {preview ? (
          <div className="preview">
            <Suspense fallback={<pre className="plain">{edit.text}</pre>}>
              <Markdown text={edit.text} />
            </Suspense>
          </div>
        ) : (
          <textarea
            ref={area}
            className="input writing"
            aria-label="Description, in Markdown"
            rows={Math.min(24, Math.max(8, edit.text.split('\n').length + 2))}
            maxLength={LIMIT}
            value={edit.text}
            onChange={(event) => field.type(event.target.value)}
            onKeyDown={(event) => {
              event.stopPropagation()
              if (event.nativeEvent.isComposing) return
              if (event.key === 'Enter' && (isMac ? event.metaKey : event.ctrlKey)) {
                event.preventDefault()
                field.save()
              } else if (event.key === 'Escape') leave(event.currentTarget)
            }}
          />
        )}
        {box}
        {field.refusal && <NotSaved refusal={field.refusal} />}
        <div className="editbar">
          <Button look="primary" small disabled={Boolean(edit.theirs)} onClick={field.save}>
            Save
          </Button>
          <Button small aria-pressed={preview} onClick={() => setPreview(!preview)}>
            {preview ? 'Write' : 'Preview'}
          </Button>
          <Button look="quiet" small onClick={field.drop}>
            {isDirty(edit) ? 'Discard draft' : 'Cancel'}
          </Button>
          <span className="grow" />
          <span className="t3 hint not-phone">
            {field.unkept ? (
              'This browser keeps no draft: save before you leave.'
            ) : isDirty(edit) ? (
              'Draft kept in this browser'
            ) : (
              <>
                Markdown. <Keys keys="Mod+Enter" /> saves
              </>
            )}
          </span>
        </div>
      </section>
    )

  const tasks = tasksOf(text)
  const done = tasks.filter((task) => task.done).length
  return (
    <section className="description" aria-label="Description">
      {text ? (
        <Suspense fallback={<pre className="plain">{text}</pre>}>
          <Markdown
            text={text}
            onCheck={
              mayEdit
                ? (line, checked) =>
                    void store.run({ do: 'ticket.edit', id, description: withTask(text, line, checked) })
                : undefined
            }
          />
        </Suspense>
      ) : (
        <p className="t3">No description.</p>
      )}
      {box}
      <div className="editbar">
        {mayEdit && (
          <Button look="quiet" small onClick={start} title="Edit the description">
            {text ? 'Edit description' : 'Write a description'}
          </Button>
        )}
        {tasks.length > 0 && (
          <span className="done-of t3">
            {done} of {count(tasks.length, 'task')} done
            <span className="meter" aria-hidden="true">
              <i style={{ width: `${(100 * done) / tasks.length}%` }} />
            </span>
          </span>
        )}
      </div>
    </section>
  )
}

/** Out of the field, the draft kept; where the keyboard goes, Escape closes the panel. */
function leave(field: HTMLElement): void {
  const panel = field.closest<HTMLElement>('.panel')
  if (panel) panel.focus({ preventScroll: true })
  else field.blur()
}

/** Every wait ends in content or in a sentence. */
function Waiting() {
  const { word } = useBoardConnection()
  const away = word === 'reconnecting' || word === 'offline'
  const [long, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <p className="t3 description">
      {long || away
        ? 'The description is not here yet. It comes when the server answers.'
        : 'Reading the description.'}
    </p>
  )
}
