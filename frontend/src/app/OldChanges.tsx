import { useTimes } from '../history/useTimes'
import { useSessionValue } from '../live/session'
import { texts } from '../texts/shared'
import { Button } from '../ui/Button'

/** Changes kept for more than a day go out only when the person says so. */
export function OldChanges() {
  const times = useTimes()
  const old = useSessionValue('old', (session) => session.oldChanges())
  if (!old) return null
  return (
    <div className="banner" role="status">
      <span className="said">{texts.oldChanges(old.count, times.short(old.since))}</span>
      <span className="grow" />
      <Button small onClick={() => old.send()}>
        Send
      </Button>
      <Button small onClick={() => old.discard()}>
        Discard
      </Button>
    </div>
  )
}
