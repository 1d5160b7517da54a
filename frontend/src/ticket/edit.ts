/** A field under somebody's hands: what they saw, what they typed, and what others made of it meanwhile. */

import type { Actor, Timestamp } from '../sync/types'

export interface Theirs {
  text: string
  version: number
  by: Actor | null
  via: string | null
  at: Timestamp | null
}

export interface Edit {
  text: string
  /** What stood there when the edit began, or when the person last chose. */
  base: string
  /** The row's version that `base` belongs to; the server refuses to overwrite what is newer. */
  seen: number
  /** Somebody else's value since: the person has to choose. */
  theirs?: Theirs
}

export function begin(text: string, version: number): Edit {
  return { text, base: text, seen: version }
}

export function type(edit: Edit, text: string): Edit {
  const typed = { ...edit, text }
  return typed.theirs && typed.theirs.text === text ? useMine(typed) : typed
}

/** Somebody changed the field. Without a word typed, or when both wrote the same, there is nothing to choose. */
export function changed(edit: Edit, theirs: Theirs): Edit {
  if (theirs.version <= edit.seen && theirs.text === edit.base) return edit
  if (edit.text === edit.base || edit.text === theirs.text) return begin(theirs.text, theirs.version)
  const { theirs: _, ...rest } = edit
  return theirs.text === edit.base ? { ...rest, seen: theirs.version } : { ...edit, theirs }
}

/** Mine goes over theirs, with their version seen. */
export function useMine(edit: Edit): Edit {
  if (!edit.theirs) return edit
  return { text: edit.text, base: edit.theirs.text, seen: edit.theirs.version }
}

export function isDirty(edit: Edit): boolean {
  return edit.text !== edit.base
}
