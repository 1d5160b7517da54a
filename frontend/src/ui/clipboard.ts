/** Puts text on the clipboard, also where the browser gives scripts none: over plain HTTP on a house's own network. */

/** False when this browser allows neither way; nothing was copied then. Call it from a click or a key press. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text)
  }
}

/** The old way: select it in a field that nobody sees. Focus and selection are put back. */
function copySelected(text: string): boolean {
  const before = document.activeElement
  const selection = document.getSelection()
  const ranges = Array.from({ length: selection?.rangeCount ?? 0 }, (_, at) => selection!.getRangeAt(at))
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true // no keyboard comes up on a phone
  field.className = 'sr-only'
  field.setAttribute('aria-hidden', 'true')
  // What lies outside an open dialog is inert and takes no focus.
  const place = before?.closest('dialog') ?? document.body
  place.append(field)
  try {
    field.focus({ preventScroll: true })
    field.setSelectionRange(0, text.length)
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    field.remove()
    if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    if (ranges.length) {
      selection?.removeAllRanges()
      for (const range of ranges) selection?.addRange(range)
    }
  }
}
