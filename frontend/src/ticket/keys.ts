/** The board's keys for one ticket, where that ticket is open: title, place, archive. */

import { isWriting } from '../ui/keys'
import { prefs } from '../ui/prefs'

/** Does what the key says to the ticket shown in `root`; false when it says nothing here. */
export function pressTicketKey(event: KeyboardEvent, root: ParentNode | null, onMove?: () => void): boolean {
  if (isWriting(event) || !prefs().keys || event.ctrlKey || event.metaKey || event.altKey) return false
  const press = (button: string) => root?.querySelector<HTMLElement>(button)?.click()
  if (event.key === 'e' || event.key === 'F2') press('h1.title button')
  else if (event.key === 'm') onMove?.()
  else if (event.key === 'Delete') press('[data-archive]')
  else return false
  event.preventDefault()
  event.stopPropagation()
  return true
}
