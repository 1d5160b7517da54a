import type { Part } from './deed'

/** A deed as it is read: what was is struck out, what it is about stands out. */
export function Sentence({ parts }: { parts: readonly Part[] }) {
  return parts.map((part, index) => {
    // biome-ignore-start lint/suspicious/noArrayIndexKey: a sentence's words stand where they stand
    if (part.as === 'was')
      return (
        <s key={index}>
          <span className="sr-only">from </span>
          {part.text}
        </s>
      )
    if (part.as === 'strong') return <b key={index}>{part.text}</b>
    return <span key={index}>{part.text}</span>
    // biome-ignore-end lint/suspicious/noArrayIndexKey: as above
  })
}
