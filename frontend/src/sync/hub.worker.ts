/** The shared worker around the hub. It dies silently with the tab that made it, so each side holds a lock the other waits for. */

import { type Client, StreamHub } from './hub'
import type { ToHub, ToTab } from './protocol'

declare const self: Pick<typeof globalThis, 'navigator' | 'crypto'> & {
  onconnect: ((e: MessageEvent) => void) | null
  close(): void
}

const hub = new StreamHub({
  eventSource: (url) => new EventSource(url),
  fetch: (url, init) => fetch(url, init),
  now: () => Date.now(),
  random: () => Math.random(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
})

const lock = `livelane-hub-${crypto.randomUUID()}`
const alive = new Promise<void>((held) => {
  void navigator.locks.request(lock, () => {
    held()
    return new Promise(() => {}) // for as long as this worker lives
  })
})

self.onconnect = (e) => {
  const port = e.ports[0]!
  const client: Client = { send: (message: ToTab) => port.postMessage(message) }
  port.onmessage = ({ data }: MessageEvent<ToHub>) => {
    hub.receive(client, data)
    if (data.t === 'die') self.close()
    // Granted only when the tab is gone, however it went.
    if (data.t === 'hello')
      void navigator.locks.request(data.lock, { mode: 'shared' }, () => hub.leave(client))
  }
  void alive.then(() => port.postMessage({ t: 'alive', lock } satisfies ToTab))
}
