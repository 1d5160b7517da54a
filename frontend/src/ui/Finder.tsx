/** Find or do: a field and, below it, rows in sections; the keyboard stays in the field. Who opens it says what is found. */

import { Search } from 'lucide-react'
import { type ReactNode, useId, useMemo, useState } from 'react'
import { Dialog } from './Dialog'
import './finder.css'
import { matchAt } from './match'

export interface FinderRow {
  key: string
  text: string
  lead: ReactNode
  right?: ReactNode
  /** After the finder has closed and the keyboard is back where it was. */
  run: () => void
}

export interface FinderSection {
  title: string
  rows: readonly FinderRow[]
}

export function Finder({
  about,
  placeholder,
  sectionsFor,
  nothing,
  onClose,
}: {
  /** What the commands are for, when that is more than the page. */
  about?: ReactNode
  placeholder: string
  /** Memoised by whoever passes it: it changes when what can be found does. */
  sectionsFor: (query: string) => readonly FinderSection[]
  nothing: (query: string) => string
  onClose: () => void
}) {
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState(0)
  const list = useId()
  const sections = useMemo(
    () => sectionsFor(query).filter((section) => section.rows.length),
    [sectionsFor, query],
  )
  const rows = sections.flatMap((section) => section.rows)
  const current = rows[Math.min(chosen, rows.length - 1)]

  function choose(row: FinderRow | undefined): void {
    if (!row) return
    onClose()
    // After the dialog gave the keyboard back.
    setTimeout(row.run)
  }

  return (
    <Dialog title="Find or do" bare className="palette" onClose={onClose}>
      <div className="q">
        <Search className="i" aria-hidden="true" />
        {about !== undefined && <span className="on">{about}</span>}
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={current && `${list}-${rows.indexOf(current)}`}
          aria-autocomplete="list"
          aria-label="Find or do"
          placeholder={placeholder}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setChosen(0)
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return
            const last = rows.length - 1
            if (event.key === 'ArrowDown') setChosen((at) => (at >= last ? 0 : at + 1))
            else if (event.key === 'ArrowUp') setChosen((at) => (at <= 0 ? last : at - 1))
            else if (event.key === 'Enter') choose(current)
            else return
            event.preventDefault()
          }}
        />
      </div>
      <div className="results" role="listbox" id={list} aria-label="Results">
        {sections.map((section) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own
          <div key={section.title} role="group" aria-label={section.title}>
            <h3 role="presentation">{section.title}</h3>
            {section.rows.map((row) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keyboard
              // biome-ignore lint/a11y/useFocusableInteractive: as above, by aria-activedescendant
              <div
                key={row.key}
                id={`${list}-${rows.indexOf(row)}`}
                role="option"
                aria-selected={row === current}
                className="opt-row"
                ref={row === current ? intoSight : undefined}
                onPointerMove={() => setChosen(rows.indexOf(row))}
                onClick={() => choose(row)}
              >
                <span className="lead">{row.lead}</span>
                <span className="text">
                  <Marked text={row.text} query={query} />
                </span>
                <span className="r">{row.right}</span>
              </div>
            ))}
          </div>
        ))}
      </div>
      {!rows.length && <p className="nothing">{nothing(query)}</p>}
      <div className="hint" aria-hidden="true">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>Enter</kbd> do it
        </span>
        <span>
          <kbd>Esc</kbd> back to where you were
        </span>
      </div>
    </Dialog>
  )
}

function intoSight(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' })
}

function Marked({ text, query }: { text: string; query: string }) {
  const wanted = query.trim()
  const at = wanted ? matchAt(text, wanted) : null
  if (at === null) return text
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  )
}
