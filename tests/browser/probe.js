// Notes in the page how long it takes to show things. Runs before the page's own scripts.
;(() => {
  const parse = JSON.parse
  const SNAPSHOT = 200_000 // characters; nothing else that is parsed is as long

  /** The moment after the next frame has been handed over for drawing. */
  const drawn = () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => resolve(performance.now())
      requestAnimationFrame(() => port2.postMessage(null))
    })

  /** The same for the frame in which this element is laid out for the first time. */
  const drawnWith = (element) =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => resolve(performance.now())
      const observer = new ResizeObserver(() => {
        observer.disconnect()
        port2.postMessage(null)
      })
      observer.observe(element)
    })

  const opening = new Promise((resolve) => {
    JSON.parse = (text, ...more) => {
      if (typeof text !== 'string' || text.length < SNAPSHOT) return parse(text, ...more)
      JSON.parse = parse
      const began = performance.now()
      const value = parse(text)
      const parsed = performance.now()
      const observer = new MutationObserver(() => {
        const first = document.querySelector('[data-ticket]')
        if (!first) return
        observer.disconnect()
        void drawnWith(first).then((at) =>
          resolve({ parse: parsed - began, painted: at - parsed, sinceStart: at, scripts: scripts() }),
        )
      })
      observer.observe(document, { childList: true, subtree: true })
      return value
    }
  })

  const scripts = () =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.js'))

  /** My own change, from the command to the frame that shows it: milliseconds, and how many frames that took. */
  async function own(ticket, title) {
    const began = performance.now()
    const { settled } = board.run({ do: 'ticket.edit', id: ticket, title })
    let at = began
    let frames = 0
    while (frames < 60) {
      at = await drawn()
      frames++
      if (document.querySelector(`[data-ticket="${ticket}"]`)?.textContent.includes(title)) break
    }
    await settled
    return { ms: at - began, frames }
  }

  /** Watches frames and long tasks until asked for them. */
  function watch() {
    const long = []
    const frames = []
    let before = performance.now()
    let on = true
    const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map((each) => each.duration)))
    observer.observe({ type: 'longtask' })
    const look = (at) => {
      frames.push(at - before)
      before = at
      if (on) requestAnimationFrame(look)
    }
    requestAnimationFrame((at) => {
      before = at
      requestAnimationFrame(look)
    })
    return () => {
      on = false
      long.push(...observer.takeRecords().map((each) => each.duration))
      observer.disconnect()
      return { long, frames }
    }
  }

  window.probe = { opening, own, watch }
})()
