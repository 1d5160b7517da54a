// `node watch.mjs URL TOKEN`: the npm EventSource; prints one JSON line per frame, reconnects by itself.
import { EventSource } from 'eventsource'

const [url, token] = process.argv.slice(2)
const source = new EventSource(url, {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } }),
})
const print = (frame) =>
  process.stdout.write(`${JSON.stringify({ event: frame.type, id: frame.lastEventId, data: JSON.parse(frame.data) })}\n`)
source.onmessage = print
for (const name of ['snapshot', 'bye', 'heartbeat']) source.addEventListener(name, print)
source.onerror = (error) => process.stderr.write(`${error.code ?? ''} ${error.message ?? ''}\n`)
