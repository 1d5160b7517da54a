/** The shared worker around the hub. It dies silently with the tab that made it, so each side holds a lock the other waits for. */

import { type Client, StreamHub } from './hub'
import type { ToHub, ToTab } from './protocol'

declare const self: { onconnect: ((e: MessageEvent) => void) | null; close(): void }

const TICK_MS = 2_000
const GONE_MS = 150_000 // timers of a tab in the background may run once a minute

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

// Pages without TLS get no locks: there both sides say now and then that they live.
const locks: LockManager | undefined = navigator.locks
const lock = locks ? `livelane-hub-${crypto.randomUUID()}` : ''
const alive = new Promise<void>((held) => {
  if (!locks) return held()
  void locks.request(lock, () => {
    held()
    return new Promise(() => {}) // for as long as this worker lives
  })
})

const heardAt = new Map<Client, number>()
if (!locks)
  setInterval(() => {
    for (const [client, at] of heardAt) {
      if (Date.now() - at < GONE_MS) client.send({ t: 'tick' })
      else {
        heardAt.delete(client)
        hub.leave(client)
      }
    }
  }, TICK_MS)

self.onconnect = (e) => {
  const port = e.ports[0]!
  const client: Client = { send: (message: ToTab) => port.postMessage(message) }
  port.onmessage = ({ data }: MessageEvent<ToHub>) => {
    if (!locks) heardAt.set(client, Date.now())
    hub.receive(client, data)
    if (data.t === 'die') self.close()
    if (data.t === 'bye') heardAt.delete(client)
    // Granted only when the tab is gone, however it went.
    if (data.t === 'hello') void locks?.request(data.lock, { mode: 'shared' }, () => hub.leave(client))
  }
  void alive.then(() => port.postMessage({ t: 'alive', lock } satisfies ToTab))
}
