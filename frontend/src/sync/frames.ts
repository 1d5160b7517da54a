/** When changes reach the screen: once per animation frame, or at once as a task when nobody looks. */

export interface Frames {
  /** Runs it before the next frame is drawn. */
  before(run: () => void): void
  /** Runs it when that frame has been handed over for drawing; `shown` is false when the page is hidden. */
  after(run: (shown: boolean) => void): void
}

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
    requestAnimationFrame(once)
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
