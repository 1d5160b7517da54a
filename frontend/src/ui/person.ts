/** How a person looks: a colour by id, initials by name. SQL and the system are not persons and have no colour. */

/** The class that sets `--who`. A ninth person shares a colour, never a name. */
export function personColour(id: number | null | undefined): string {
  if (id === null || id === undefined) return 'p0'
  return `p${((((id - 1) % 8) + 8) % 8) + 1}`
}

const segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter() : undefined

function first(word: string): string {
  const letter = segmenter ? segmenter.segment(word)[Symbol.iterator]().next().value?.segment : word[0]
  return (letter ?? '').toUpperCase()
}

/** One or two letters: first of the first and of the last word. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  if (!words.length) return '?'
  return first(words[0]!) + (words.length > 1 ? first(words.at(-1)!) : '')
}

/** "Iris", "SQL (reporting)" or "The system": who stands behind an event. `short` = first name only. */
export function actorName(
  actor: { name: string } | null | undefined,
  via: string | undefined,
  short = true,
): string {
  if (actor) return short ? (actor.name.trim().split(/\s+/)[0] ?? actor.name) : actor.name
  if (via?.startsWith('sql')) return via.length > 4 ? `SQL (${via.slice(4)})` : 'SQL'
  if (via === 'rest') return 'Someone'
  return 'The system'
}
