/** What is seen instead of a page: a wait that ends, or a sentence. */

import { useEffect, useState } from 'react'
import { useNow } from '../live/clock'
import { useDoor } from '../live/session'
import type { Refusal } from '../sync'
import { texts } from '../texts/shared'
import { Button } from '../ui/Button'
import { Mark } from '../ui/Dot'

export { ErrorBoundary as Boundary } from './ErrorBoundary'

const QUIET_MS = 400
const LONG_MS = 8_000

/** Nothing at first, then a word, then a sentence with a way out: no wait without an end. */
export function Opening() {
  const [stage, setStage] = useState(0)
  useEffect(() => {
    const quiet = setTimeout(() => setStage(1), QUIET_MS)
    const long = setTimeout(() => setStage(2), LONG_MS)
    return () => {
      clearTimeout(quiet)
      clearTimeout(long)
    }
  }, [])
  if (stage === 0) return <div className="page" aria-busy="true" />
  return (
    <main className="sentence" aria-busy="true">
      <Mark state="catching" />
      <p role="status">{stage === 1 ? 'Opening' : 'The server takes its time to answer.'}</p>
      {stage === 2 && <Button onClick={() => location.reload()}>Load the page again</Button>}
    </main>
  )
}

/** The server could not say who is signed in. */
export function Unanswered({ refusal, nextTryAt }: { refusal: Refusal; nextTryAt: number }) {
  const { retry } = useDoor()
  const now = useNow(1_000)
  return (
    <main className="sentence">
      <Mark state="offline" />
      <h1>{refusal.title}</h1>
      <p role="status">
        {texts.didNotLoad(refusal.status)} {refusal.detail}
      </p>
      <p aria-hidden="true">{texts.nextTry(Math.ceil((nextTryAt - now) / 1000))}</p>
      <Button look="primary" onClick={retry}>
        Try now
      </Button>
    </main>
  )
}
