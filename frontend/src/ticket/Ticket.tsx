/** A ticket, whole: left what people wrote, right what the log knows. Beside its board as a panel, or as a page. */

import { Archive, ArrowLeft, CornerDownRight, Link as LinkIcon, X } from 'lucide-react'
import { type ReactNode, type RefObject, useEffect } from 'react'
import { baseUrl } from '../api/request'
import { useTimes } from '../history/useTimes'
import { useBoard, useBoardConnection, useBoardValue, useMayEdit } from '../live/board'
import { connectionWords } from '../live/connection'
import type { Id, Ticket as Row, Viewed } from '../sync'
import { IconButton } from '../ui/Button'
import { copy } from '../ui/clipboard'
import { Dot } from '../ui/Dot'
import { figure } from '../ui/figures'
import { toast } from '../ui/toasts'
import { Description } from './Description'
import { Facts } from './Facts'
import { Gone } from './Gone'
import { History } from './History'
import { Saving } from './Saving'
import '../ui/panel.css'
import './ticket.css'
import '../markdown/markdown.css'
import { Title } from './Title'
import { useTicketRow } from './useTicketRow'

export interface TicketProps {
  id: Id
  /** Opened for renaming: the title is a field at once. */
  editTitle?: boolean | undefined
  onClose: () => void
  /** Opens "Move to…" for the ticket; the board has it. */
  onMove?: (() => void) | undefined
  /** Archives it, with undo. Without: this does it. */
  onArchive?: ((id: Id) => void) | undefined
  headingRef?: RefObject<HTMLHeadingElement | null>
}

export function Ticket({ id, editTitle, onClose, onMove, onArchive, headingRef }: TicketProps) {
  const standing = useTicketRow(id)
  const mayEdit = useMayEdit()
  const ticket = 'ticket' in standing ? standing.ticket : undefined
  const open = standing.is === 'open'

  useEffect(() => {
    if (!ticket) return
    const before = document.title
    document.title = `${ticket.id > 0 ? `${ticket.id} ` : ''}${ticket.title} · Livelane`
    return () => {
      document.title = before
    }
  }, [ticket])

  return (
    <>
      <Head
        id={id}
        ticket={open ? standing.ticket : undefined}
        mayEdit={open && mayEdit}
        onClose={onClose}
        onMove={onMove}
        onArchive={onArchive}
      />
      <div className="panelbody">
        {standing.is === 'open' ? (
          <>
            <div className="main">
              <Title
                ticket={standing.ticket}
                mayEdit={mayEdit}
                editAtOnce={editTitle ?? false}
                {...(headingRef ? { headingRef } : {})}
              />
              <Saving pending={standing.ticket.pending} />
              <Description key={id} ticket={standing.ticket} mayEdit={mayEdit} />
            </div>
            <Rail ticket={standing.ticket} mayEdit={mayEdit} />
          </>
        ) : ticket ? (
          <>
            <div className="main">
              <h1 className="title" ref={headingRef} tabIndex={-1}>
                {ticket.title}
              </h1>
              <Gone
                standing={standing as Extract<typeof standing, { ticket: Row; event: unknown }>}
                mayEdit={mayEdit}
              />
            </div>
            <Rail ticket={ticket} mayEdit={false} />
          </>
        ) : (
          <p className="main t2" role="status">
            {standing.is === 'loading' && 'Opening'}
            {standing.is === 'failed' && standing.sentence}
            {standing.is === 'unknown' && `There is no ticket ${id}, or you are not a member of its board.`}
          </p>
        )}
      </div>
    </>
  )
}

function Rail({ ticket, mayEdit }: { ticket: Viewed<Row>; mayEdit: boolean }) {
  return (
    <aside className="rail" aria-label="Facts and history">
      <Facts ticket={ticket} />
      <History ticket={ticket} mayEdit={mayEdit} />
    </aside>
  )
}

function Head({
  id,
  ticket,
  mayEdit,
  onClose,
  onMove,
  onArchive,
}: Omit<TicketProps, 'editTitle' | 'headingRef'> & { ticket: Viewed<Row> | undefined; mayEdit: boolean }) {
  const store = useBoard()
  const { dot, word } = connectionWords(useBoardConnection(), null, useTimes())

  function archive(): void {
    if (onArchive) return onArchive(id)
    const { op } = store.run({ do: 'ticket.archive', id })
    const entry = store.undoable()
    toast({
      text: (
        <>
          Archived <b>{id}</b>
        </>
      ),
      ...(entry?.ops.includes(op)
        ? { actions: [{ text: 'Undo', run: () => void store.undo(entry.key) }] }
        : {}),
    })
    onClose()
  }

  return (
    <header className="panelhead">
      <IconButton label="Back" className="only-phone" onClick={onClose}>
        <ArrowLeft className="i" />
      </IconButton>
      <b className="number">{id > 0 ? id : 'New'}</b>
      {ticket && <Place ticket={ticket} />}
      <span className="grow" />
      {/* Presence stands here: "Iris is editing the description". */}
      <span className="only-phone">
        <Dot state={dot} label={word} />
      </span>
      {ticket && (
        <>
          {id > 0 && (
            <IconButton label="Copy link" className="not-phone" onClick={() => void copyLink(id)}>
              <LinkIcon className="i" />
            </IconButton>
          )}
          {mayEdit && onMove && (
            <IconButton label="Move to…" keys="m" onClick={onMove}>
              <CornerDownRight className="i" />
            </IconButton>
          )}
          {mayEdit && (
            <IconButton label="Archive" keys="Delete" data-archive="" onClick={archive}>
              <Archive className="i" />
            </IconButton>
          )}
        </>
      )}
      <IconButton label="Close" keys="Escape" className="not-phone" onClick={onClose}>
        <X className="i" />
      </IconButton>
    </header>
  )
}

/** "Doing, 1 of 5". */
function Place({ ticket }: { ticket: Viewed<Row> }): ReactNode {
  const { id, column_id } = ticket
  const column = useBoardValue(`column:${column_id}`, (board) => board.column(column_id))
  const order = useBoardValue(`tickets:${column_id}`, (board) => board.tickets(column_id))
  const at = order.indexOf(id)
  if (!column) return null
  return (
    <span className="t3 place">
      <bdi>{column.title}</bdi>
      {at >= 0 && `, ${figure(at + 1)} of ${figure(order.length)}`}
    </span>
  )
}

async function copyLink(id: Id): Promise<void> {
  const link = `${baseUrl()}tickets/${id}`
  const copied = await copy(link)
  toast({ text: copied ? `Copied the link to ${id}.` : `This browser did not let it be copied: ${link}` })
}
