import { request } from '../api/request'
import { renewPerson } from '../sync'

/** Gives a new account the zone and language of this browser, until somebody chooses otherwise. */
export async function tellWhere(): Promise<void> {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  // Plain English is written the house's way; any other language as the browser writes it.
  const locale = /^en(-US)?$/.test(navigator.language) ? 'en' : navigator.language
  try {
    const answer = await request({
      method: 'PATCH',
      path: 'api/me',
      body: { time_zone: timeZone || 'UTC', locale },
    })
    if (answer.ok) renewPerson(answer.body)
  } catch {
    // UTC and English do until somebody chooses.
  }
}
