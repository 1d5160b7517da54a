import { useSessionValue } from '../live/session'
import { texts } from '../texts/shared'
import { Button } from '../ui/Button'
import { dayOrTime } from '../ui/times'

/** Changes kept for more than a day go out only when the person says so. */
export function OldChanges() {
  const old = useSessionValue('old', (session) => session.oldChanges())
  if (!old) return null
  return (
    <div className="banner" role="status">
      <span className="said">{texts.oldChanges(old.count, dayOrTime(old.since))}</span>
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
