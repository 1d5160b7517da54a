/** Figures as people say them. Moments are the person's own: `useTimes`. */

const number = new Intl.NumberFormat('en')

/** "4,812". */
export function figure(value: number): string {
  return number.format(value)
}

/** "1 ticket", "4 tickets". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${figure(value)} ${value === 1 ? one : many}`
}
