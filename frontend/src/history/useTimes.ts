import { usePerson } from '../live/session'
import { Times } from './times'

const made = new Map<string, Times>()

/** Moments in the words, the language and the zone of whoever is signed in. */
export function useTimes(): Times {
  const { locale, time_zone } = usePerson()
  const key = `${locale} ${time_zone}`
  let times = made.get(key)
  if (!times) {
    times = new Times(locale, time_zone)
    made.set(key, times)
  }
  return times
}
