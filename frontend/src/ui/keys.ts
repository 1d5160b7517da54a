/** Names of keys, as they are bound ("Mod+K", "Shift+ArrowUp") and as people read them. */

export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

const NAMES: Record<string, string> = {
  Mod: isMac ? '⌘' : 'Ctrl',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  Delete: 'Del',
  ' ': 'Space',
}

/** One name per cap. */
export function keyNames(keys: string): string[] {
  return keys.split('+').map((key) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key))
}

/** The event as a combination, "Mod+Shift+k": modifiers in this order, letters small. Shift is left out where it only makes the sign ("?"). */
export function keysOf(event: {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}): string {
  const mod = isMac ? event.metaKey : event.ctrlKey
  const letter = event.key.length === 1
  const sign = letter && event.key.toLowerCase() === event.key.toUpperCase() && event.key !== ' '
  const parts = []
  if (mod) parts.push('Mod')
  if (event.altKey) parts.push('Alt')
  if (event.shiftKey && !sign) parts.push('Shift')
  parts.push(letter ? event.key.toLowerCase() : event.key)
  return parts.join('+')
}

/** Is the person writing, composing or choosing? Then single keys belong to the field. */
export function isWriting(event: KeyboardEvent): boolean {
  if (event.isComposing || event.keyCode === 229) return true
  const target = event.target
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    target.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=range], [type=button])')
  )
}
