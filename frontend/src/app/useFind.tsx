/** Opens "Find or do" by its key or the top bar, on pages whose own keys do not. */

import { type ReactNode, Suspense, useCallback, useEffect, useState } from 'react'
import { keysOf } from '../ui/keys'
import { later } from '../ui/later'

const Find = later(() => import('./Find'))

/** `show` opens it; `found` belongs somewhere in the page. `on`: the page has no finder of its own. */
export function useFind(on = true): { show: () => void; found: ReactNode } {
  const [open, setOpen] = useState(false)
  useEffect(() => {
    if (!on) return
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || keysOf(event) !== 'Mod+k') return
      event.preventDefault()
      if (!document.querySelector('dialog[open]')) setOpen(true)
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [on])
  const show = useCallback(() => setOpen(true), [])
  const found = on && open && (
    <Suspense fallback={null}>
      <Find onClose={() => setOpen(false)} />
    </Suspense>
  )
  return { show, found }
}
