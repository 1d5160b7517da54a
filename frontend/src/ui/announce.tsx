/** What a screen reader is told: one polite region for the whole app. Toasts speak for themselves. */

import { useEffect, useState } from 'react'

const MUTED = 'livelane.muted'
let say: (text: string) => void = () => {}

/** Says it now. Own moves are said at once; others' are summed up by whoever calls this. */
export function announce(text: string): void {
  say(text)
}

let muted: boolean | undefined

/** Remote changes are not announced while muted. Own ones always are. */
export function announcementsMuted(): boolean {
  muted ??= read()
  return muted
}

export function muteAnnouncements(mute: boolean): void {
  muted = mute
  try {
    localStorage.setItem(MUTED, mute ? '1' : '0')
  } catch {
    // Without storage it holds until the page is loaded again.
  }
}

function read(): boolean {
  try {
    return localStorage.getItem(MUTED) === '1'
  } catch {
    return false
  }
}

/** Once, in the app. */
export function LiveRegion() {
  const [line, setLine] = useState({ text: '', count: 0 })
  useEffect(() => {
    say = (text) => setLine(({ count }) => ({ text, count: count + 1 }))
    return () => {
      say = () => {}
    }
  }, [])
  // A new node each time: the same sentence twice is said twice.
  return (
    <div
      className="sr-only"
      role="log"
      aria-live="polite"
      aria-label="Announcements"
      data-testid="announcements"
    >
      <p key={line.count}>{line.text}</p>
    </div>
  )
}
