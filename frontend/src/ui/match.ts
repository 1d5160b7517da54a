/** Where what somebody typed stands in a text. */

/** Where `query` stands in `text`, at the start of a word if it can be; null when it does not. */
export function matchAt(text: string, query: string): number | null {
  const wanted = query.trim().toLowerCase()
  if (!wanted) return 0
  const lower = text.toLowerCase()
  if (lower.startsWith(wanted)) return 0
  const word = lower.indexOf(` ${wanted}`)
  if (word >= 0) return word + 1
  const anywhere = lower.indexOf(wanted)
  return anywhere >= 0 ? anywhere : null
}
