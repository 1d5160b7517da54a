import './board.css'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import type { Id } from '../sync'
import { isWriting, keysOf } from '../ui/keys'
import { HandsProvider, useMakeHands } from './hands'
import MoveDialog from './MoveDialog'
import { redo, undo } from './moves'
import { aboutPlaces, watchNotices } from './notices'
import { createUi } from './ui'

/** "Move to…" for a ticket that is open without its board: the dialog while `open`, and what becomes of the move. */
export default function MoveAlone({ id, open, onClose }: { id: Id; open: boolean; onClose: () => void }) {
  const [ui] = useState(() => createUi())
  const inside = useRef(false)
  const [, go] = useLocation()
  const hands = useMakeHands(ui, inside, go)
  useEffect(() => watchNotices(hands, aboutPlaces), [hands])

  // The toast names the board's keys for it, so they are heard here too.
  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      if (event.defaultPrevented || isWriting(event) || document.querySelector('dialog[open]')) return
      const keys = keysOf(event)
      if (keys === 'Mod+z') undo(hands.store)
      else if (keys === 'Mod+Shift+z' || keys === 'Mod+y') redo(hands.store)
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [hands])

  return <HandsProvider value={hands}>{open && <MoveDialog ids={[id]} onClose={onClose} />}</HandsProvider>
}
