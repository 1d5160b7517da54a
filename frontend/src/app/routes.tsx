/** Every address of the app and what stands there. Features meet here and nowhere else. */

import { type ReactNode, Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { useDoor } from '../live/session'
import { Boundary, NothingHere, Opening, Unanswered } from './Waiting'

export function Routes() {
  const { state } = useDoor()
  if (state.is === 'opening') return <Opening />
  if (state.is === 'unanswered') return <Unanswered refusal={state.refusal} nextTryAt={state.nextTryAt} />
  if (state.is === 'out') return <Page>{null}</Page>
  return (
    <Page>
      <Switch>
        <Route>
          <NothingHere />
        </Route>
      </Switch>
    </Page>
  )
}

function Page({ children }: { children: ReactNode }) {
  return (
    <Boundary>
      <Suspense fallback={<Opening />}>{children}</Suspense>
    </Boundary>
  )
}
