/** One field of a ticket as a component edits it: draft, save, and what happens when somebody else was there too. */

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { baseUrl } from '../api/request'
import { ticketEvents } from '../history/log'
import { useBoard, useConflicts } from '../live/board'
import { usePerson } from '../live/session'
import type { Conflict, ConflictField, Id, Refusal, TopicEvent } from '../sync'
import { Drafts, type Field } from './draft'
import { begin, changed, type Edit, isDirty, useMine as overTheirs, type as typed } from './edit'

export interface FieldEdit {
  /** Undefined: nobody is typing. */
  edit: Edit | undefined
  /** The server refused mine because of somebody's change: choose. */
  conflict: (ConflictField & { op: string }) | undefined
  /** Why the last attempt to save did not succeed; the text is back in the field. */
  refusal: Refusal | undefined
  /** The browser does not keep drafts: full or forbidden. */
  unkept: boolean
  start(): void
  type(text: string): void
  save(): void
  /** Gives what was typed up. */
  drop(): void
  /** Leaves the field; what was typed stays as a draft. */
  leave(): void
  keepTheirs(): void
  keepMine(): void
}

/** `text` and `version` are the field's and the row's as the board shows them; undefined while not known or gone. */
export function useField(
  id: Id,
  field: Field,
  text: string | undefined,
  version: number | undefined,
): FieldEdit {
  const store = useBoard()
  const person = usePerson()
  const drafts = useMemo(() => new Drafts(person.id, baseUrl()), [person.id])
  const lastChange = useLastChange(id, field)
  const conflict = useConflictOf(id, field)
  const [edit, setEdit] = useState<Edit>()
  const [refusal, setRefusal] = useState<Refusal>()
  const [unkept, setUnkept] = useState(false)
  const latest = useRef(edit)
  latest.current = edit
  const asked = useRef<Id>(undefined)

  const put = useCallback(
    (next: Edit | undefined) => {
      latest.current = next
      setEdit(next)
      if (next && isDirty(next)) setUnkept(!drafts.keep(id, field, next))
      else drafts.drop(id, field)
    },
    [drafts, id, field],
  )

  // What was typed before a reload is here again, once what stands there now is known.
  useEffect(() => {
    if (text === undefined || version === undefined || asked.current === id) return
    asked.current = id
    const draft = drafts.read(id, field)
    if (!draft) return
    const { at: _, ...kept } = draft
    const theirs = { text, version, by: null, via: null, at: null }
    if (draft.text === text) drafts.drop(id, field)
    else put(text === draft.base ? kept : changed(kept, theirs))
  }, [drafts, id, field, text, version, put])

  useEffect(() => {
    const now = latest.current
    if (!now || text === undefined || version === undefined) return
    const by = lastChange.current
    const after = changed(now, {
      text,
      version,
      by: by?.actor ?? null,
      via: by?.via ?? null,
      at: by?.at ?? null,
    })
    if (after !== now) put(after)
  }, [text, version, put, lastChange])

  // Nobody was here when it happened: the log knows who it was.
  const unnamed = edit?.theirs && !edit.theirs.at
  useEffect(() => {
    if (!unnamed || id < 0) return
    let over = false
    void lastOf(id, field).then((event) => {
      const now = latest.current
      if (over || !event || !now?.theirs) return
      put({ ...now, theirs: { ...now.theirs, by: event.actor, via: event.via, at: event.at } })
    })
    return () => {
      over = true
    }
  }, [unnamed, id, field, put])

  const send = useCallback(
    (mine: Edit) => {
      const operation = store.run({ do: 'ticket.edit', id, [field]: mine.text, seen: mine.seen })
      setEdit(undefined)
      latest.current = undefined
      drafts.keep(id, field, mine) // until the server has it
      void operation.settled.then((outcome) => {
        const untouched = drafts.read(id, field)?.text === mine.text
        if (outcome.is === 'refused') {
          setRefusal(outcome.refusal)
          if (!latest.current) put({ ...mine, base: mine.base })
        } else if (outcome.is !== 'conflict' && untouched && !latest.current) drafts.drop(id, field)
      })
    },
    [store, id, field, drafts, put],
  )

  return {
    edit,
    conflict,
    refusal,
    unkept,
    start: () => text !== undefined && version !== undefined && !latest.current && put(begin(text, version)),
    type: (next) => latest.current && put(typed(latest.current, next)),
    save() {
      const now = latest.current
      setRefusal(undefined)
      if (!now || now.theirs) return
      if (isDirty(now)) send(now)
      else put(undefined)
    },
    drop() {
      setRefusal(undefined)
      put(undefined)
    },
    leave() {
      latest.current = undefined
      setEdit(undefined)
    },
    keepTheirs() {
      if (conflict) {
        store.resolve(conflict.op, 'theirs')
        drafts.drop(id, field)
      } else put(undefined)
    },
    keepMine() {
      if (conflict) store.resolve(conflict.op, 'mine')
      else if (latest.current?.theirs) send(overTheirs(latest.current))
    },
  }
}

/** The newest event of the log that changed the field; undefined when it does not say, or nobody answers. */
async function lastOf(id: Id, field: Field): Promise<TopicEvent | undefined> {
  const events = await ticketEvents(id).catch(() => [])
  return events.find((event) => event.set && field in event.set)
}

function useConflictOf(id: Id, field: Field): (ConflictField & { op: string }) | undefined {
  const conflicts = useConflicts()
  return useMemo(() => {
    const found = (each: Conflict) => each.noun === 'ticket' && each.id === id
    for (const conflict of conflicts.filter(found)) {
      const fields = conflict.fields.find((each) => each.field === field)
      if (fields) return { ...fields, op: conflict.op }
    }
    return undefined
  }, [conflicts, id, field])
}

/** The newest event that changed the field while this is open. */
function useLastChange(id: Id, field: Field) {
  const store = useBoard()
  const last = useRef<TopicEvent | undefined>(undefined)
  useEffect(() => {
    last.current = undefined
    return store.onApplied(({ events }) => {
      for (const event of events)
        if (
          event.id === id &&
          event.type.startsWith('ticket.') &&
          ((event.set && field in event.set) || event.omitted?.includes(`set.${field}`))
        )
          last.current = event
    })
  }, [store, id, field])
  return last
}
