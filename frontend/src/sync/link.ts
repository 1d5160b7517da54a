/** A tab's end of the stream: the shared worker when there is one, else the same hub inside the tab. */

import { StreamHub } from './hub'
import { uuid } from './identity'
import type { Cursor, HubState, ToHub, ToTab } from './protocol'

/** One topic's frames, as they come in. */
export interface TopicReader {
  /** Where to go on from; null for a snapshot. Asked again whenever the holder of the stream changes. */
  cursor(): Cursor | null
  receive(message: Extract<ToTab, { topic: string }>): void
}

export interface Link {
  watch(topic: string, reader: TopicReader): () => void
  state(): HubState
  holder(): 'shared' | 'tab'
  onState(listener: (state: HubState) => void): () => void
  onHeartbeat(listener: (at: string, heardAt: number) => void): () => void
  onPresence(listener: (data: string) => void): () => void
  /** Try now. */
  nudge(): void
  close(): void
  /** Ends the stream of every tab of this person in this browser. */
  end(): void
}

interface Pipe {
  post(message: ToHub): void
  close(): void
}

const WORKER_SILENT_MS = 5_000
const HIDDEN_MS = 30_000
const CHECK_MS = 1_000
const TICKLESS_MS = 6_000

const START: HubState = {
  phase: 'connecting',
  since: Date.now(),
  openedAt: null,
  heardAt: null,
  nextTryAt: null,
  reason: null,
  status: null,
  tabs: 1,
}

/** Connects this tab for `person`. `base` ends with a slash; `holder` forces one kind, for development and tests. */
export function openLink(options: { person: number; base: string; holder?: 'shared' | 'tab' }): Link {
  const readers = new Map<string, TopicReader>()
  const onState = new Set<(state: HubState) => void>()
  const onHeartbeat = new Set<(at: string, heardAt: number) => void>()
  const onPresence = new Set<(data: string) => void>()
  let state = START
  let holder: 'shared' | 'tab' = options.holder ?? (typeof SharedWorker === 'undefined' ? 'tab' : 'shared')
  let pipe: Pipe | undefined
  let closed = false
  let introduced = false // the present holder knows this tab
  let away = false // in the back/forward cache, or hidden with a stream of its own
  let hiding: ReturnType<typeof setTimeout> | undefined

  function receive(message: ToTab): void {
    if (message.t === 'state') {
      state = message.state
      for (const listener of onState) listener(state)
    } else if (message.t === 'heartbeat') {
      for (const listener of onHeartbeat) listener(message.at, message.heardAt)
    } else if (message.t === 'presence') {
      for (const listener of onPresence) listener(message.data)
    } else if (message.t !== 'alive' && message.t !== 'tick') {
      readers.get(message.topic)?.receive(message)
    }
  }

  /** Says hello and asks for every topic, from where each reader stands. */
  function introduce(lock: string): void {
    introduced = true
    pipe?.post({ t: 'hello', lock, base: options.base, person: options.person })
    for (const [topic, reader] of readers) pipe?.post({ t: 'watch', topic, cursor: reader.cursor() })
  }

  function connectShared(): void {
    const lock = `livelane-tab-${uuid()}`
    let release = () => {}
    let answered = false
    let checking: ReturnType<typeof setInterval> | undefined
    // The URL must stand here literally: the bundler looks for it.
    const worker = new SharedWorker(new URL('./hub.worker.ts', import.meta.url), {
      type: 'module',
      name: `livelane ${options.base} ${options.person}`,
    })
    const port = worker.port
    const own: Pipe = {
      post: (message) => port.postMessage(message),
      close() {
        port.close()
        release()
        clearTimeout(patience)
        clearInterval(checking)
      },
    }
    pipe = own
    let ticked = Date.now()
    port.onmessage = ({ data }: MessageEvent<ToTab>) => {
      if (pipe !== own) return
      ticked = Date.now()
      if (data.t === 'tick') return own.post({ t: 'here' })
      if (data.t === 'alive') {
        answered = true
        // Granted only when the worker is gone: it died with the tab that made it, or was told to.
        if (data.lock) void navigator.locks.request(data.lock, { mode: 'shared' }, again)
        else checking = setInterval(() => !away && Date.now() - ticked > TICKLESS_MS && again(), CHECK_MS)
      }
      receive(data)
    }
    const again = () => {
      if (pipe !== own) return
      own.close()
      connect()
    }
    const fallBack = () => {
      if (answered || pipe !== own) return
      own.close()
      holder = 'tab'
      connect()
    }
    worker.onerror = fallBack
    const patience = setTimeout(fallBack, WORKER_SILENT_MS)
    relock = () => introduce(lock)
    if (!navigator.locks) return introduce(lock)
    // Announced from inside the lock: earlier, a warm worker would win it and take this tab for dead.
    void navigator.locks.request(lock, () => {
      if (pipe !== own) return
      if (!away) introduce(lock)
      return new Promise<void>((resolve) => {
        release = resolve
      })
    })
  }

  let relock: () => void = () => {}

  function connectHere(): void {
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
    const client = { send: (message: ToTab) => queueMicrotask(() => pipe === own && receive(message)) }
    const own: Pipe = { post: (message) => hub.receive(client, message), close: () => hub.close() }
    pipe = own
    introduce('')
    relock = () => introduce('')
  }

  function connect(): void {
    if (closed) return
    introduced = false
    if (holder === 'shared') connectShared()
    else connectHere()
  }

  function leave(): void {
    if (away) return
    away = true
    pipe?.post({ t: 'bye' })
  }

  function comeBack(): void {
    clearTimeout(hiding)
    if (!away) return
    away = false
    relock()
  }

  const listeners: [EventTarget, string, (e: Event) => void][] = [
    [window, 'pagehide', leave],
    [window, 'pageshow', comeBack],
    [window, 'online', () => pipe?.post({ t: 'nudge' })],
    [window, 'offline', () => pipe?.post({ t: 'doubt' })],
    [
      document,
      'visibilitychange',
      () => {
        // A stream of its own would use up the browser's six connections from a tab nobody sees.
        if (holder === 'tab' && document.hidden) hiding = setTimeout(leave, HIDDEN_MS)
        else if (!document.hidden) {
          comeBack()
          if (state.phase === 'waiting') pipe?.post({ t: 'nudge' })
        }
      },
    ],
  ]
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener)

  connect()

  const link: Link = {
    watch(topic, reader) {
      readers.set(topic, reader)
      if (introduced && !away) pipe?.post({ t: 'watch', topic, cursor: reader.cursor() })
      return () => {
        if (readers.get(topic) !== reader) return
        readers.delete(topic)
        pipe?.post({ t: 'unwatch', topic })
      }
    },
    state: () => state,
    holder: () => holder,
    onState: (listener) => listen(onState, listener),
    onHeartbeat: (listener) => listen(onHeartbeat, listener),
    onPresence: (listener) => listen(onPresence, listener),
    nudge: () => pipe?.post({ t: 'nudge' }),
    close() {
      if (closed) return
      closed = true
      clearTimeout(hiding)
      for (const [target, type, listener] of listeners) target.removeEventListener(type, listener)
      pipe?.post({ t: 'bye' })
      pipe?.close()
      pipe = undefined
    },
    end() {
      pipe?.post({ t: 'die' })
      link.close()
    },
  }

  import.meta.hot?.on('vite:beforeFullReload', () => pipe?.post({ t: 'die' })) // else the old worker's code lives on
  return link
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
