import { useTimes } from '../history/useTimes'
import { useNow } from '../live/clock'
import type { Connection } from '../sync'
import { texts } from '../texts/shared'
import { Button } from '../ui/Button'
import { Dot } from '../ui/Dot'
import { count } from '../ui/figures'

const AFTER_MS = 10_000

/** Says that nobody answers, once that has lasted ten seconds; and what happens to my changes meanwhile. */
export function ConnectionBanner({
  connection,
  unsaved,
  onTryNow,
}: {
  connection: Connection
  /** My changes that wait; null where there are none to make. */
  unsaved: number | null
  onTryNow: () => void
}) {
  const times = useTimes()
  const away = connection.word === 'reconnecting' || connection.word === 'offline'
  const now = useNow(1_000, away)
  if (connection.word === 'ended')
    return (
      <div className="banner" role="alert">
        <Dot state="offline" />
        <span className="said">{texts.sessionOver(unsaved ?? 0)}</span>
        <span className="grow" />
        <Button small onClick={() => location.reload()}>
          Sign in
        </Button>
      </div>
    )
  if (connection.word === 'other')
    return (
      <div className="banner" role="alert">
        <Dot state="offline" />
        <span className="said">{texts.otherPerson}</span>
        <span className="grow" />
        <Button small onClick={() => location.reload()}>
          Load the page again
        </Button>
      </div>
    )
  if (connection.word === 'polling')
    return (
      <div className="banner" role="status">
        <Dot state="offline" />
        <span className="said">{texts.noStream(times.clock(connection.since))}</span>
      </div>
    )
  if (connection.reason === 'restart' && away && now - connection.since < 60_000)
    return (
      <div className="banner" role="status">
        <Dot state="offline" />
        <span className="said">{texts.restarting}</span>
      </div>
    )
  if (!away || Date.now() - connection.since < AFTER_MS) return null
  const wait = connection.nextTryAt === null ? 0 : Math.ceil((connection.nextTryAt - now) / 1000)
  return (
    <div className="banner" role="alert">
      <Dot state="offline" />
      <span className="said">{texts.noAnswer(times.clock(connection.since), unsaved)}</span>
      <span className="grow" />
      {/* Not announced each second. */}
      <span className="next" aria-hidden="true">
        {wait > 0 ? `Next try in ${count(wait, 's', 's')}` : 'Trying'}
      </span>
      <Button small onClick={onTryNow}>
        Try now
      </Button>
    </div>
  )
}
