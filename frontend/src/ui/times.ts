/** Times as people say them, on this device's clock and in its language. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dateWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const number = new Intl.NumberFormat('en')

export type Moment = string | number | Date

/** "14:02". */
export function timeOf(at: Moment): string {
  return clock.format(new Date(at))
}

/** "14:02" today, else "Thursday", "12 Nov", "12 Nov 2025": the shortest that is clear. */
export function dayOrTime(at: Moment, now = Date.now()): string {
  const then = new Date(at)
  const today = new Date(now)
  if (then.toDateString() === today.toDateString()) return timeOf(then)
  if (now - then.getTime() < 6 * 86_400_000 && now > then.getTime()) return weekday.format(then)
  return (then.getFullYear() === today.getFullYear() ? date : dateWithYear).format(then)
}

/** "just now", "4 s ago", "2 min ago", "3 h ago", then as `dayOrTime`. */
export function ago(at: Moment, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000))
  if (seconds < 2) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 6 * 3600) return `${Math.floor(seconds / 3600)} h ago`
  return dayOrTime(at, now)
}

/** "4,812". */
export function figure(value: number): string {
  return number.format(value)
}

/** "1 ticket", "4 tickets". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${figure(value)} ${value === 1 ? one : many}`
}
