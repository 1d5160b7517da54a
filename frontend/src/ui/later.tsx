/**
 * Parts of the app that are fetched when they are first needed, or when there is time. After an upgrade, or without a
 * connection, a part may not come: it is tried again once, then a sentence stands in its place and not of the page.
 */

import {
  type ComponentType,
  type FunctionComponent,
  type ReactNode,
  use,
  useEffect,
  useReducer,
  useState,
} from 'react'
import { baseUrl } from '../api/request'
import { texts } from '../texts/shared'
import { Button } from './Button'

const AGAIN_MS = 1_000
const QUIET_MS = 1_500
const PATIENCE_MS = 5_000

const parts = new Set<() => Promise<boolean>>()

/**
 * The component that `load` brings, behind the Suspense around it. `instead`: what stands there when it does not come,
 * for parts that are no loss; else a sentence and what can be done.
 */
export function later<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  instead?: (props: Props) => ReactNode,
): FunctionComponent<Props> {
  let Part: ComponentType<Props> | undefined
  let coming: Promise<boolean> | undefined

  async function bring(): Promise<boolean> {
    try {
      Part = (await twice(load)).default
    } catch {
      return false
    }
    return true
  }
  const forget = () => {
    if (!Part) coming = undefined
  }
  parts.add(async () => {
    coming ??= bring()
    const came = await coming
    if (!came) forget() // asked for anew when it is needed
    return came
  })

  return function Later(props: Props) {
    const [, again] = useReducer((times: number) => times + 1, 0)
    useEffect(() => forget, [])
    if (!Part) {
      coming ??= bring()
      use(coming)
    }
    if (Part) return <Part {...props} />
    if (instead) return instead(props)
    const retry = () => {
      forget()
      again()
    }
    return <Missing onAgain={retry} />
  }
}

/** With `now`, and a quiet moment: fetches every part, so that they open at once, offline and after an upgrade too. */
export function useFetchLater(now: boolean): void {
  useEffect(() => {
    if (!now) return
    const timer = setTimeout(() => {
      if ('requestIdleCallback' in window)
        requestIdleCallback(() => void fetchLater(), { timeout: PATIENCE_MS })
      else void fetchLater()
    }, QUIET_MS)
    return () => clearTimeout(timer)
  }, [now])
}

/** One after another; when one does not come, the others wait until they are needed. */
export async function fetchLater(): Promise<void> {
  for (const part of parts) if (!(await part())) return
}

async function twice<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    await mendStyles()
    return await load()
  } catch {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    await mendStyles()
    return load()
  }
}

// A style sheet that did not come is not asked for again by the bundler's own loader: parts would come without it.
const failed = new Set<HTMLLinkElement>()
let mending: Promise<unknown> | undefined

addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') failed.add(target)
  },
  true,
)

async function mendStyles(): Promise<void> {
  if (failed.size)
    mending ??= Promise.all([...failed].map(again)).finally(() => {
      mending = undefined
    })
  await mending
}

function again(link: HTMLLinkElement): Promise<void> {
  return new Promise((resolve, reject) => {
    const fresh = link.cloneNode() as HTMLLinkElement
    fresh.onload = () => resolve()
    fresh.onerror = () => reject(new Error(`no style sheet at ${fresh.href}`))
    failed.delete(link)
    link.replaceWith(fresh)
  })
}

/** Says why, as far as it can be known: a server that answers has no such file any more. */
function Missing({ onAgain }: { onAgain: () => void }) {
  const [answers, setAnswers] = useState<boolean>()
  useEffect(() => {
    let over = false
    fetch(baseUrl(), { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) }).then(
      ({ ok }) => !over && setAnswers(ok),
      () => !over && setAnswers(false),
    )
    return () => {
      over = true
    }
  }, [])
  if (answers === undefined) return null
  return (
    <div className="sentence missing" role="alert">
      <p>{answers ? texts.partGone : texts.partUnanswered}</p>
      {answers ? (
        <Button look="primary" onClick={() => location.reload()}>
          Reload
        </Button>
      ) : (
        <Button look="primary" onClick={onAgain}>
          Try again
        </Button>
      )}
    </div>
  )
}
