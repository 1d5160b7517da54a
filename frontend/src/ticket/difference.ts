/** Which words of two texts differ, for showing both beside each other with the difference marked. */

export interface Stretch {
  text: string
  same: boolean
}

const TABLE_LIMIT = 4_000_000 // cells of the comparison; beyond that whole middles are marked

/** Both texts, cut into stretches that the other has too and stretches that it has not. */
export function difference(mine: string, theirs: string): { mine: Stretch[]; theirs: Stretch[] } {
  const a = words(mine)
  const b = words(theirs)
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  const middleA = a.slice(head, a.length - tail)
  const middleB = b.slice(head, b.length - tail)
  const [keptA, keptB] = common(middleA, middleB)
  const flags = (kept: boolean[]) => [...Array(head).fill(true), ...kept, ...Array(tail).fill(true)]
  return { mine: stretches(a, flags(keptA)), theirs: stretches(b, flags(keptB)) }
}

/** Words with the white space that follows them, so that joining gives the text again. */
function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}

/** The longest common subsequence, as marks on both sides. */
function common(a: string[], b: string[]): [boolean[], boolean[]] {
  const keptA: boolean[] = Array(a.length).fill(false)
  const keptB: boolean[] = Array(b.length).fill(false)
  if (a.length * b.length > TABLE_LIMIT) return [keptA, keptB]
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i]!.trimEnd() === b[j]!.trimEnd()
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
  for (let i = 0, j = 0; i < a.length && j < b.length; )
    if (a[i]!.trimEnd() === b[j]!.trimEnd()) {
      keptA[i++] = true
      keptB[j++] = true
    } else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++
    else j++
  return [keptA, keptB]
}

function stretches(parts: string[], kept: boolean[]): Stretch[] {
  const out: Stretch[] = []
  parts.forEach((text, i) => {
    const same = kept[i]!
    const last = out.at(-1)
    if (last?.same === same) last.text += text
    else out.push({ text, same })
  })
  return out
}
