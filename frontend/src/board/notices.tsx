/** What the store has to tell, as toasts: refusals, conflicts, what vanished under my hands, and being back. */

import type { ReactNode } from 'react'
import type { Applied, BoardStore, Command, Conflict, Id, Notice, Refusal, TopicEvent } from '../sync'
import { board as texts } from '../texts/board'
import { texts as shared } from '../texts/shared'
import { actorName } from '../ui/person'
import { closeToast, toast } from '../ui/toasts'
import { shownTickets } from './filter'
import type { BoardHands } from './hands'
import { copyText, Sentence, showTicket } from './moves'

const KEPT: number | null = null // until the person decides

/** Why the server said no, in one sentence that stands after a colon. */
export function reason(store: BoardStore, refusal: Refusal, command: Command): string {
  if (refusal.problem === 'wip-limit') {
    const column =
      'column_id' in command
        ? store.column(command.column_id)
        : 'id' in command
          ? columnOf(store, command.id)
          : undefined
    if (column && column.wip_limit !== null)
      return texts.full(column.title, store.tickets(column.id).length, column.wip_limit)
  }
  if (refusal.status === 403) return texts.viewer
  return refusal.detail || refusal.title
}

function columnOf(store: BoardStore, id: Id) {
  const ticket = store.ticket(id)
  return ticket && store.column(ticket.column_id)
}

function say(
  key: string,
  text: ReactNode,
  actions?: { text: string; run: () => void }[],
  stays?: number | null,
) {
  toast({ key, text, ...(actions ? { actions } : {}), ...(stays === undefined ? {} : { stays }) })
}

/** What a ticket alone has no place for: the rest is said where it stands. */
export function aboutPlaces(notice: Notice): boolean {
  if (notice.kind === 'conflict') return notice.conflict.fields[0]?.field === 'position'
  return notice.kind === 'refused' && (notice.undo || notice.command.do === 'ticket.move')
}

export function watchNotices(hands: BoardHands, which: (notice: Notice) => boolean = () => true): () => void {
  const { store } = hands
  const stops = [
    store.onNotice((notice) => which(notice) && tell(hands, notice)),
    store.onApplied((applied) => left(hands, applied)),
    store.subscribe('status', () => {
      if (store.status() === 'forbidden' || store.status() === 'gone') boardLeft(hands)
    }),
    // A conflict that is settled otherwise takes its question along.
    store.subscribe('conflicts', () => {
      const open = new Set(store.conflicts().map((conflict) => conflict.op))
      for (const op of asked) if (!open.has(op)) close(op)
    }),
  ]
  for (const conflict of store.conflicts()) if (which({ kind: 'conflict', conflict })) ask(hands, conflict)
  return () => {
    for (const stop of stops) stop()
    for (const op of asked) close(op)
  }
}

const asked = new Set<string>()

function close(op: string): void {
  asked.delete(op)
  closeToast(`conflict ${op}`)
}

function tell(hands: BoardHands, notice: Notice): void {
  const { store } = hands
  if (notice.kind === 'conflict') return ask(hands, notice.conflict)
  if (notice.kind === 'back') {
    if (notice.events || notice.sent) say('back', shared.back(notice.events, notice.sent))
    return
  }
  if (notice.kind === 'release') {
    say('release', shared.newRelease, [{ text: 'Load the page again', run: () => location.reload() }], KEPT)
    return
  }
  if (notice.kind !== 'refused') return
  const { command, refusal, id, conflict } = notice
  if (notice.undo) {
    const field = conflict?.fields[0]
    const why = field
      ? texts.changedSince(
          actorName(field.by, field.via),
          texts.field(conflict.noun, field.field),
          hands.times.clock(field.at ?? refusal.at),
        )
      : reason(store, refusal, command)
    return say('done', texts.notUndone(why))
  }
  const why = reason(store, refusal, command)
  if (command.do === 'ticket.create')
    return say(
      `refused ${notice.op}`,
      <Sentence parts={texts.notCreated(command.title, why)} />,
      [{ text: texts.copyText, run: () => void copyText(command.title, [texts.textCopied]) }],
      KEPT,
    )
  if (command.do === 'ticket.edit') {
    const text = command.title ?? command.description
    return say(
      `refused ${notice.op}`,
      texts.notDone(why),
      text === undefined
        ? undefined
        : [{ text: texts.copyText, run: () => void copyText(text, [texts.textCopied]) }],
      text === undefined ? undefined : KEPT,
    )
  }
  closeToast('done') // it said that it was done
  if (command.do === 'ticket.archive' && refusal.problem === 'archived')
    return say('refused', <Sentence parts={texts.archivedAlready(id)} />)
  if (command.do.startsWith('ticket.')) say('refused', <Sentence parts={texts.wentBack(id, why)} />)
  else say('refused', texts.notDone(why))
}

/** Somebody changed the same. Titles of tickets are asked about on the ticket itself. */
function ask(hands: BoardHands, conflict: Conflict): void {
  const { store } = hands
  const { op, id, noun } = conflict
  const field = conflict.fields[0]
  if (!field) return
  const who = actorName(field.by, field.via)
  const at = field.at && hands.times.clock(field.at)
  asked.add(op)
  const key = `conflict ${op}`
  if (field.field === 'position' && noun === 'ticket') {
    const [theirs, yours] = [field.theirs, field.yours] as ({ column_id?: Id } | null)[]
    const to = store.column(theirs?.column_id ?? 0)?.title ?? 'another column'
    const mine = store.column(yours?.column_id ?? 0)?.title ?? 'your column'
    closeToast('done')
    say(
      key,
      <Sentence parts={texts.staleMove(who, id, to, at, mine)} />,
      [
        { text: texts.leaveIt, run: () => store.resolve(op, 'theirs') },
        { text: texts.moveTo(mine), run: () => store.resolve(op, 'mine') },
      ],
      KEPT,
    )
    return
  }
  const sentence = texts.sameField(who, texts.field(noun, field.field), at)
  if (noun === 'ticket') {
    // Where it can be read and decided; this only leads there.
    say(key, sentence, [{ text: 'Show', run: () => showTicket(hands, id) }])
    return
  }
  say(
    key,
    `${sentence} ${who}: “${String(field.theirs)}”. Yours: “${String(field.yours)}”.`,
    [
      { text: texts.keepTheirs(who), run: () => store.resolve(op, 'theirs') },
      { text: texts.useMine, run: () => store.resolve(op, 'mine') },
    ],
    KEPT,
  )
}

function verbOf(event: TopicEvent): string | null {
  if (event.type === 'ticket.deleted') return event.moved_to ? texts.movedAwayVerb : texts.deletedVerb
  return event.type === 'ticket.updated' && typeof event.set?.archived_at === 'string'
    ? texts.archivedVerb
    : null
}

/** The whole board left while somebody wrote: they may take their text along. */
function boardLeft({ ui }: BoardHands): void {
  const { editing, composing, written } = ui.getState()
  const title = editing && editing.draft !== editing.was ? editing.draft.trim() : ''
  const text = title || (composing === null ? '' : written.trim())
  if (!text) return
  ui.setState({ editing: null, composing: null, written: '' })
  const copy = { text: texts.copyText, run: () => void copyText(text, [texts.textCopied]) }
  say('gone', <Sentence parts={texts.notSent(text)} />, [copy], KEPT)
}

/** A column left while somebody wrote in it, or dragged a ticket out of it. Coming back it brings the text along. */
function columnLeft({ store, ui, times }: BoardHands, event: TopicEvent): void {
  const archived = event.type === 'column.updated' && typeof event.set?.archived_at === 'string'
  if (!archived && event.type !== 'column.deleted') return
  const { drag, editing, composing, written } = ui.getState()
  const who = actorName(event.actor, event.via)
  const verb = archived ? texts.archivedVerb : texts.deletedVerb
  const restore = (then: () => void) => ({
    text: texts.restore,
    run: () => {
      // Nothing is written in it before it is there: the server would refuse what overtakes.
      void store.run({ do: 'column.restore', id: event.id }).settled.then(then)
    },
  })
  // The tickets of a column that left are not shown any more.
  const ids = drag?.ids.filter((id) => store.ticket(id) !== undefined)
  if (drag && ids && ids.length < drag.ids.length) {
    ui.setState({ drag: ids.length ? { ...drag, ids } : null })
    say('gone', texts.columnGoneWhileDragging(who, verb), archived ? [restore(() => {})] : undefined)
  }
  const title = editing && !store.ticket(editing.id) ? editing.draft.trim() : ''
  const text = title || (composing === event.id ? written.trim() : '')
  if (!text) return
  const copy = { text: texts.copyText, run: () => void copyText(text, [texts.textCopied]) }
  const back = restore(() => ui.setState(title ? { editing } : { composing: event.id, written }))
  ui.setState(title ? { editing: null } : { composing: null, written: '' })
  say(
    'gone',
    texts.columnGoneWhileEditing(who, verb, times.clock(event.at)),
    archived ? [back, copy] : [copy],
    KEPT,
  )
}

/** What left the board while it was in hand or being written in; and what came but cannot be seen. */
function left(hands: BoardHands, { events, live }: Applied): void {
  const { store, ui, times } = hands
  for (const event of events) {
    if (!event.mine) columnLeft(hands, event)
    if (event.mine || !event.type.startsWith('ticket.')) continue
    const { drag, editing, filter } = ui.getState()
    if (live && event.type === 'ticket.created' && filter && store.ticket(event.id)) {
      const { column_id } = store.ticket(event.id)!
      if (!shownTickets(store, column_id, filter).includes(event.id))
        say(
          'hidden',
          <Sentence parts={texts.hiddenByFilter(actorName(event.actor, event.via), event.id)} />,
          [{ text: 'Show', run: () => showTicket(hands, event.id) }],
        )
    }
    const verb = verbOf(event)
    if (!verb) continue
    const who = actorName(event.actor, event.via)
    const archived = verb === texts.archivedVerb
    if (drag?.ids.includes(event.id)) {
      const ids = drag.ids.filter((id) => id !== event.id)
      ui.setState({ drag: ids.length ? { ...drag, ids } : null })
      const restore = {
        text: texts.restore,
        run: () => void store.run({ do: 'ticket.restore', id: event.id }),
      }
      say(
        'gone',
        <Sentence parts={texts.goneWhileDragging(who, verb, event.id)} />,
        archived ? [restore] : undefined,
      )
    }
    if (editing?.id === event.id) {
      const { draft, was } = editing
      ui.setState({ editing: null })
      const text = draft.trim()
      const copy = { text: texts.copyText, run: () => void copyText(text, [texts.textCopied]) }
      const restore = {
        text: text === was ? texts.restore : texts.restoreAndSave,
        run: () => {
          store.runAll([
            { do: 'ticket.restore', id: event.id },
            ...(text && text !== was ? [{ do: 'ticket.edit', id: event.id, title: text } as const] : []),
          ])
        },
      }
      say(
        'gone',
        texts.goneWhileEditing(who, verb, times.clock(event.at)),
        archived ? [restore, copy] : [copy],
        KEPT,
      )
    }
    const { selected } = ui.getState()
    if (selected.has(event.id)) {
      const rest = new Set(selected)
      rest.delete(event.id)
      ui.setState({ selected: rest })
    }
  }
}
