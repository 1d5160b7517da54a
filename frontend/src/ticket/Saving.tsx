/** How far my last change to this ticket has come, in words; and what can be done when it failed. */

import { useTimes } from '../history/useTimes'
import { useBoard } from '../live/board'
import { useNow } from '../live/clock'
import type { PendingMark } from '../sync'
import { Button } from '../ui/Button'

const AFTER_MS = 400

export function Saving({ pending }: { pending: PendingMark | undefined }) {
  const store = useBoard()
  const times = useTimes()
  const now = useNow(200, pending?.state === 'saving')
  if (!pending || pending.state === 'conflict') return null
  if (pending.state === 'failed' && pending.refusal)
    return (
      <div className="why-line" role="alert">
        <p>
          <b>Not saved.</b> {pending.refusal.detail || pending.refusal.title} That was at{' '}
          {times.clock(pending.refusal.at)}.
        </p>
        <Button small onClick={() => store.retry(pending.op)}>
          Retry
        </Button>
        <Button small look="quiet" onClick={() => store.discard(pending.op)}>
          Discard
        </Button>
      </div>
    )
  if (pending.state === 'saving' && Math.max(now, Date.now()) - pending.since < AFTER_MS) return null
  return <span className="t2 saving-word">{pending.state === 'waiting' ? 'Waiting' : 'Saving'}</span>
}
