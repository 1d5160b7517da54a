/** Moments as a person reads them, in their time zone and language. */

const DAY_MS = 86_400_000

/** Plain "en" is set the way the product itself writes: 24 hours, day before month. */
function tongue(locale: string): string {
  return locale === 'en' || locale === '' ? 'en-GB' : locale
}

export class Times {
  private readonly formats = new Map<string, Intl.DateTimeFormat>()
  private readonly locale: string
  private readonly timeZone: string | undefined

  /** An unknown zone or language falls back to the browser's own: a wrong setting must not blank a page. */
  constructor(locale = 'en', timeZone?: string) {
    this.locale = supported(() => new Intl.DateTimeFormat(tongue(locale))) ? tongue(locale) : 'en-GB'
    this.timeZone =
      timeZone && supported(() => new Intl.DateTimeFormat('en', { timeZone })) ? timeZone : undefined
  }

  /** "14:02" */
  clock(at: number | string): string {
    return this.write(at, { hour: '2-digit', minute: '2-digit' })
  }

  /** "14:02:31", for a report. */
  exact(at: number | string): string {
    return this.write(at, { dateStyle: 'medium', timeStyle: 'long' })
  }

  /** "Thursday 19 November" */
  day(at: number | string): string {
    return this.write(at, { weekday: 'long', day: 'numeric', month: 'long' }).replace(',', '')
  }

  /** "Thursday 19 November, 16:40" */
  moment(at: number | string): string {
    return `${this.day(at)}, ${this.clock(at)}`
  }

  /** "Thu 19" */
  tick(at: number | string): string {
    return this.write(at, { weekday: 'short', day: 'numeric' }).replace(',', '')
  }

  /** As short as it can be and still be clear: "14:02" today, "Thu" within six days, "12 Nov", "12 Nov 2025". */
  short(at: number | string, now = Date.now()): string {
    const days = this.daysBetween(at, now)
    if (days === 0) return this.clock(at)
    if (days > 0 && days <= 6) return this.write(at, { weekday: 'short' })
    return this.date(at, now)
  }

  /** "12 Nov", with the year when it is not this one. */
  date(at: number | string, now = Date.now()): string {
    const year = (when: number | string) => this.write(when, { year: 'numeric' })
    return this.write(at, {
      day: 'numeric',
      month: 'short',
      ...(year(at) === year(now) ? {} : { year: 'numeric' }),
    })
  }

  /** "4 s ago", "2 min ago", "11:32", "Friday", "12 Nov". */
  ago(at: number | string, now = Date.now()): string {
    const ms = Math.max(0, now - toMs(at))
    if (ms < 1500) return 'just now'
    if (ms < 60_000) return `${Math.floor(ms / 1000)} s ago`
    if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`
    const days = this.daysBetween(at, now)
    if (days === 0) return this.clock(at)
    if (days === 1) return `yesterday, ${this.clock(at)}`
    if (days <= 6) return this.write(at, { weekday: 'long' })
    return this.date(at, now)
  }

  /** Midnights between two moments, in the person's zone. */
  daysBetween(from: number | string, to: number | string): number {
    return Math.round((this.midnight(to) - this.midnight(from)) / DAY_MS)
  }

  /** How far the person's wall clock is ahead of UTC at that moment, in ms. */
  offset(at: number | string): number {
    const ms = toMs(at)
    const parts = new Map(
      this.format(
        {
          year: 'numeric',
          month: 'numeric',
          day: 'numeric',
          hour: 'numeric',
          minute: 'numeric',
          second: 'numeric',
          hourCycle: 'h23',
        },
        'en-US',
      )
        .formatToParts(ms)
        .map((part) => [part.type, Number(part.value)]),
    )
    const [year, month, day] = [parts.get('year')!, parts.get('month')!, parts.get('day')!]
    const wall = Date.UTC(
      year,
      month - 1,
      day,
      parts.get('hour')!,
      parts.get('minute')!,
      parts.get('second')!,
    )
    return wall - Math.floor(ms / 1000) * 1000
  }

  /** The day's number in the person's zone, as UTC milliseconds: only good for subtracting. */
  private midnight(at: number | string): number {
    const parts = new Map(
      this.format({ year: 'numeric', month: 'numeric', day: 'numeric' }, 'en-US')
        .formatToParts(toMs(at))
        .map((part) => [part.type, Number(part.value)]),
    )
    return Date.UTC(parts.get('year')!, parts.get('month')! - 1, parts.get('day')!)
  }

  private write(at: number | string, options: Intl.DateTimeFormatOptions): string {
    return this.format(options).format(toMs(at))
  }

  private format(options: Intl.DateTimeFormatOptions, locale = this.locale): Intl.DateTimeFormat {
    const key = locale + JSON.stringify(options)
    let format = this.formats.get(key)
    if (!format) {
      format = new Intl.DateTimeFormat(locale, {
        ...options,
        ...(this.timeZone ? { timeZone: this.timeZone } : {}),
      })
      this.formats.set(key, format)
    }
    return format
  }
}

function toMs(at: number | string): number {
  return typeof at === 'number' ? at : Date.parse(at)
}

function supported(make: () => unknown): boolean {
  try {
    make()
    return true
  } catch {
    return false
  }
}
