import { draggable } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { setCustomNativeDragPreview } from '@atlaskit/pragmatic-drag-and-drop/element/set-custom-native-drag-preview'
import { preventUnhandled } from '@atlaskit/pragmatic-drag-and-drop/prevent-unhandled'
import { Check, CloudUpload, Ellipsis } from 'lucide-react'
import {
  type MouseEvent,
  memo,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { Link } from 'wouter'
import { useBoard, useConflicts, useMayEdit, useTicket } from '../live/board'
import type { Id, PendingMark } from '../sync'
import { board as texts } from '../texts/board'
import { Button } from '../ui/Button'
import { useCoarse } from '../ui/media'
import { personColour } from '../ui/person'
import { TitleConflict } from './Conflict'
import { dragPreview, TICKET } from './drag'
import { flashes } from './flashes'
import { useHands } from './hands'
import { ticketHref } from './moves'
import { useTicketMenu } from './TicketMenu'
import { TitleEditor } from './TitleEditor'
import { useUi, useUiStore } from './ui'

export interface CardProps {
  id: Id
  done: boolean
  /** Has the tab stop of its column. */
  tabbable: boolean
}

/** One ticket. Where it stands is its list's affair: that changes with every ticket above it. */
export const TicketCard = memo(function TicketCard({ id, done, tabbable }: CardProps) {
  const store = useBoard()
  const ui = useUiStore()
  const hands = useHands()
  const ticket = useTicket(id)
  const mayEdit = useMayEdit()
  const coarse = useCoarse()
  const selected = useUi((state) => state.selected.has(id))
  const editing = useUi((state) => state.editing?.id === id)
  const source = useUi((state) => state.drag?.ids.includes(id) ?? false)
  const focused = useUi((state) => state.focus?.ticket === id)
  const beside = useUi((state) => state.openTicket === id)
  const asked = useUi((state) => (state.focus?.ticket === id ? state.focusAsked : 0))
  const flash = useSyncExternalStore(
    useCallback((listener) => flashes.subscribe(id, listener), [id]),
    () => flashes.get(id),
  )
  const conflict = useConflicts().find((each) => each.noun === 'ticket' && each.id === ticket?.id)
  const titleConflict = conflict?.fields.some((field) => field.field === 'title') ? conflict : undefined
  const card = useRef<HTMLDivElement>(null)
  const link = useRef<HTMLAnchorElement>(null)
  const { open: openMenu, menu } = useTicketMenu(id)
  const pending = ticket?.pending
  const state = useMarkShown(pending)

  useEffect(() => {
    const element = card.current
    if (!element || !mayEdit) return
    return draggable({
      element,
      canDrag: () => ui.getState().editing?.id !== id && store.ticket(id) !== undefined,
      getInitialData: () => ({ type: TICKET, id }),
      onGenerateDragPreview: ({ nativeSetDragImage, location }) => {
        const { selected: all } = ui.getState()
        const count = all.has(id) ? all.size : 1
        const rect = element.getBoundingClientRect()
        const { clientX, clientY } = location.current.input
        setCustomNativeDragPreview({
          nativeSetDragImage,
          getOffset: () => ({ x: clientX - rect.left + 6, y: Math.min(clientY - rect.top, 120) + 6 }),
          render: ({ container }) => dragPreview(container, element, count),
        })
        preventUnhandled.start()
      },
      onDrop: () => preventUnhandled.stop(),
    })
  }, [store, ui, id, mayEdit])

  // The keyboard comes here when it was asked to; and comes back when the ticket is drawn anew elsewhere.
  useLayoutEffect(() => {
    if (asked === 0 || editing) return
    const { focusAsked } = ui.getState()
    if (asked === focusAsked && handled.get(ui) !== asked) {
      handled.set(ui, asked)
      link.current?.focus({ preventScroll: true })
    }
  }, [asked, editing, ui])
  useLayoutEffect(() => {
    if (!focused || !hands.inside.current) return
    if (document.activeElement === document.body || document.activeElement === null)
      link.current?.focus({ preventScroll: true })
    // Only when it is drawn: later focus is the person's own.
    // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  }, [])

  if (!ticket) return null

  function pressed(event: MouseEvent<HTMLAnchorElement>): void {
    const state = ui.getState()
    if (event.shiftKey || (state.selected.size > 0 && (event.ctrlKey || event.metaKey))) {
      event.preventDefault()
      if (event.shiftKey) hands.extendTo(id)
      else hands.toggle(id)
    }
  }

  const failed = pending?.state === 'failed' ? pending.refusal : undefined
  const classes = ['ticket']
  if (done) classes.push('done')
  if (source) classes.push('is-source')
  if (selected) classes.push('is-sel')
  if (beside) classes.push('is-open')
  if (failed) classes.push('failed')
  if (titleConflict) classes.push('in-conflict')
  if (coarse) classes.push('has-mv')
  if (flash) classes.push(personColour(flash.who))
  if (flash?.wash) classes.push('flash', flash.wash)

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: every row of the menu also has a key
    <div ref={card} className={classes.join(' ')} onContextMenu={openMenu}>
      {flash?.text && <span className="ptag">{flash.text}</span>}
      {editing ? (
        <TitleEditor id={id} />
      ) : (
        <Link
          ref={link}
          href={ticketHref(store.id, ticket.id)}
          className="name"
          tabIndex={tabbable ? 0 : -1}
          draggable={false}
          onClick={pressed}
          onFocus={() => hands.focused(id)}
          aria-keyshortcuts="Enter E M"
          aria-describedby={pending ? `mark-${id}` : undefined}
        >
          {ticket.title}
        </Link>
      )}
      <div className="meta">
        <div className="facts" id={`mark-${id}`}>
          {selected && (
            <span>
              <Check className="tick" role="img" aria-label="Selected" />
            </span>
          )}
          <span>{ticket.id > 0 ? ticket.id : 'New'}</span>
          {ticket.has_description && <span className="has-text" role="img" aria-label="Has a description" />}
          {/* Priority, due, checklist and comments stand here, in this order, once they exist. */}
          {state && (
            <span className="saving">
              <CloudUpload className="i s" aria-hidden="true" />
              {state}
            </span>
          )}
        </div>
        {/* Faces of who is assigned stand here. */}
      </div>
      {coarse && (
        <button type="button" className="mv" aria-label="Move to…" onClick={() => hands.openMove([id])}>
          <Ellipsis className="i" />
        </button>
      )}
      {failed && pending && (
        <div className="why">
          <b>{texts.failed('')[0]}</b>
          {texts.failed(failed.detail || failed.title)[1]}
          <div>
            <Button small onClick={() => store.retry(pending.op)}>
              Retry
            </Button>
            <Button small look="quiet" onClick={() => store.discard(pending.op)}>
              Discard
            </Button>
          </div>
        </div>
      )}
      {titleConflict && <TitleConflict conflict={titleConflict} />}
      {menu}
    </div>
  )
})

/** The last request for the keyboard that was answered, per page: each is answered once. */
const handled = new WeakMap<object, number>()

const QUIET_MS = 400

/** "Saving" only when it takes its time; "Waiting" when nobody answers. */
function useMarkShown(pending: PendingMark | undefined): string | null {
  const [late, setLate] = useState(false)
  const since = pending?.since
  useEffect(() => {
    setLate(false)
    if (since === undefined) return
    const timer = setTimeout(() => setLate(true), Math.max(0, since + QUIET_MS - Date.now()))
    return () => clearTimeout(timer)
  }, [since])
  if (!pending || pending.state === 'failed' || pending.state === 'conflict') return null
  if (pending.state === 'waiting') return 'Waiting'
  return late ? 'Saving' : null
}
