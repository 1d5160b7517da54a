/** Hears the keys of the page and calls what the table says. Never while somebody types, composes or a dialog is open. */

import { useEffect } from 'react'
import { isWriting, keysOf } from '../ui/keys'
import { prefs } from '../ui/prefs'
import { bindingFor, isSingle, type PageHands } from './bindings'
import type { BoardHands } from './hands'

/** Elements that use arrows, Home and End themselves. */
const OWN_ARROWS = '[role=menu], [role=slider], [role=tablist], input, select, summary'

/** Where the keyboard is not with the tickets. */
const ELSEWHERE = '.top, .bar, .banner, .toasts, .colhead, .composer'

export function useKeyboard(hands: BoardHands, page: PageHands): void {
  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      if (event.defaultPrevented || isWriting(event)) return
      const target = event.target instanceof Element ? event.target : null
      if (
        target?.closest('dialog, [popover], .panel') &&
        event.key !== 'Escape' &&
        !event.ctrlKey &&
        !event.metaKey
      )
        return
      if (document.querySelector('dialog[open]')) return
      if (hands.ui.getState().dialog) {
        // The dialog is still on its way: what is typed is meant for it, and Escape means never mind.
        if (event.key === 'Escape') hands.ui.setState({ dialog: null })
        return
      }
      const keys = keysOf(event)
      if (keys === 'Mod+a' && target?.closest('.panel')) return // the text there, not the tickets behind it
      if (isSingle(keys) && !prefs().keys) return
      if (/Arrow|Home|End/.test(event.key) && target?.closest(OWN_ARROWS)) return
      const binding = bindingFor(keys)
      // What works on tickets asks for the keyboard to be with them: Del on a button of the top bar is not for a ticket.
      if (binding?.group === 'Change a ticket' && keys.length > 1 && target?.closest(ELSEWHERE)) return
      if (binding?.run(hands, page)) event.preventDefault()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [hands, page])
}
