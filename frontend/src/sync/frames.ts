/** When changes reach the screen: with an animation frame, or at once as a task when nobody looks. */

/** In a storm every other frame is enough for the eye; and what takes long to show is shown more seldom. */
const REST_MS = 25
const REST_SHARE = 4 // at most a fourth of the time goes into showing
const MOST_MS = 100

export interface Frames {
  /** Runs it before the next frame is drawn; some frames later when it has only just run something. */
  before(run: () => void): void
  /** Runs it when that frame has been handed over for drawing; `shown` is false when the page is hidden. */
  after(run: (shown: boolean) => void): void
}

let ranAt = Number.NEGATIVE_INFINITY
let rest = REST_MS

export const browserFrames: Frames = {
  before(run) {
    if (document.hidden) return void setTimeout(run)
    // A page that is hidden in between gets no frame any more.
    let done = false
    const once = () => {
      if (done) return
      done = true
      document.removeEventListener('visibilitychange', once)
      run()
    }
    const frame = (at: number) => {
      // Boards share a frame.
      if (at !== ranAt && at - ranAt < rest) return void requestAnimationFrame(frame)
      ranAt = at
      const began = performance.now()
      once()
      browserFrames.after(() => {
        rest = Math.min(MOST_MS, Math.max(REST_MS, REST_SHARE * (performance.now() - began)))
      })
    }
    requestAnimationFrame(frame)
    document.addEventListener('visibilitychange', once)
  },
  after(run) {
    if (document.hidden) return void setTimeout(() => run(false))
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      run(!document.hidden)
    }
    port2.postMessage(null)
  },
}
