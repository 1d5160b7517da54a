/** What REST tells of my boards in one answer: how many tickets each shows, and when it last changed. */

import { useEffect, useState } from 'react'
import { expect, request } from '../api/request'
import type { Id } from '../sync'

export interface Listed {
  tickets: number
  changed_at: string
}

const EVERY_MS = 30_000
const PATIENCE_MS = 1_500 // no longer do the rows wait for it

/** Undefined until there is an answer, or none to be had. Read again every half minute while `following` and looked at. */
export function useListing(following: boolean): ReadonlyMap<Id, Listed> | undefined {
  const [listing, setListing] = useState<ReadonlyMap<Id, Listed>>()
  useEffect(() => {
    let over = false
    const without = () => !over && setListing((known) => known ?? new Map())
    const read = () =>
      expect(request({ method: 'GET', path: 'api/boards' })).then(
        ({ body }) => !over && setListing(new Map(body.map((row) => [row.id, row]))),
        without,
      )
    void read()
    const patience = setTimeout(without, PATIENCE_MS)
    const timer = setInterval(() => following && !document.hidden && void read(), EVERY_MS)
    return () => {
      over = true
      clearTimeout(patience)
      clearInterval(timer)
    }
  }, [following])
  return listing
}
