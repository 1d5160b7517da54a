/** The zone and language of this browser, for an account that has chosen none. */
export function here(): { time_zone: string; locale: string } {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  // Plain English is written the house's way; any other language as the browser writes it.
  const locale = /^en(-US)?$/.test(navigator.language) ? 'en' : navigator.language
  return { time_zone: timeZone || 'UTC', locale }
}
