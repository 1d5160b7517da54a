import './board.css'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { Link } from 'wouter'
import { expect, Refused, request } from '../api/request'
import { useTimes } from '../history/useTimes'
import { useBoard, useBoardRow, useMayEdit } from '../live/board'
import type { Column, Id, Refusal, Ticket } from '../sync'
import { board as texts } from '../texts/board'
import { announce } from '../ui/announce'
import { Button } from '../ui/Button'
import { count } from '../ui/figures'
import { done } from './moves'

interface Archive {
  columns: Column[]
  tickets: Ticket[]
}

/** What was archived on this board, newest first, and the way back for each. */
export default function ArchivePage() {
  const store = useBoard()
  const board = useBoardRow()
  const mayEdit = useMayEdit()
  const times = useTimes()
  const [archive, setArchive] = useState<Archive>()
  const [refusal, setRefusal] = useState<Refusal>()
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())

  const load = useCallback(() => {
    expect(request({ method: 'GET', path: `api/boards/${store.id}/archive` })).then(
      ({ body }) => {
        setArchive({ columns: body.columns ?? [], tickets: body.tickets ?? [] })
        setRefusal(undefined)
      },
      (error) => setRefusal(error instanceof Refused ? error.refusal : undefined),
    )
  }, [store])

  useEffect(load, [load])
  // Others archive and restore too: read it again when they did.
  useEffect(
    () =>
      store.onApplied(({ events }) => {
        if (events.some((event) => event.set && 'archived_at' in event.set)) {
          setGone(new Set())
          load()
        }
      }),
    [store, load],
  )

  const rows = useMemo(() => {
    if (!archive) return []
    const newest = (a: { archived_at: string | null }, b: { archived_at: string | null }) =>
      (b.archived_at ?? '').localeCompare(a.archived_at ?? '')
    return [
      ...archive.columns.map((row) => ({ noun: 'column' as const, row })),
      ...archive.tickets.map((row) => ({ noun: 'ticket' as const, row })),
    ].sort((a, b) => newest(a.row, b.row))
  }, [archive])
  const left = rows.filter(({ noun, row }) => !gone.has(`${noun} ${row.id}`))

  function restore(noun: 'ticket' | 'column', id: Id, title: string): void {
    store.run({ do: `${noun}.restore`, id })
    setGone((was) => new Set(was).add(`${noun} ${id}`))
    const parts = texts.restored(noun === 'ticket' ? String(id) : title)
    done(store, parts)
    announce(`${parts.join('')}.`)
  }

  return (
    <main className="page" id="content">
      <div className="wrap">
        <div className="pagehead">
          <div>
            <h1>Archive</h1>
            <p className="t2">
              {archive && left.length
                ? `${count(left.length, 'thing')} archived on ${board?.title ?? 'this board'}.`
                : board?.title}
            </p>
          </div>
          <span className="grow" />
          <Link href={`/boards/${store.id}`} className="btn">
            Back to the board
          </Link>
        </div>
        {refusal && (
          <p role="alert">
            {refusal.detail || refusal.title}{' '}
            <Button small onClick={load}>
              Try now
            </Button>
          </p>
        )}
        {board?.archived_at && (
          <p role="status" style={{ marginBottom: 14 }}>
            This board is archived.{' '}
            <Button small onClick={() => store.run({ do: 'board.restore' })}>
              Restore the board
            </Button>
          </p>
        )}
        {archive && !left.length && <p className="empty">{texts.emptyArchive}</p>}
        {left.length > 0 && (
          <ul className="archive-rows">
            {left.map(({ noun, row }) => (
              <li key={`${noun} ${row.id}`} className="archive-row">
                <span className="num">{noun === 'ticket' ? row.id : ''}</span>
                <span className="text">
                  {noun === 'column' && <span className="role">column</span>} {row.title}
                </span>
                <span className="t3">{row.archived_at && times.short(row.archived_at)}</span>
                {mayEdit && (
                  <Button
                    small
                    onClick={() => restore(noun, row.id, row.title)}
                    aria-label={`Restore ${row.title}`}
                  >
                    {texts.restore}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </div>
    </main>
  )
}
