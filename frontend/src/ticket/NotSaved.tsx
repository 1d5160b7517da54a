import { useTimes } from '../history/useTimes'
import type { Refusal } from '../sync'

/** Why it is not saved; the text stands in the field above it. */
export function NotSaved({ refusal }: { refusal: Refusal }) {
  const times = useTimes()
  return (
    <p className="error" role="alert">
      <b>Not saved.</b> {refusal.detail || refusal.title} It was said at {times.clock(refusal.at)}. Your text
      is kept.
    </p>
  )
}
