/** Behind the dot: the sentence, four figures, the last 100 events, the way they come, and a report to paste. */

import { Copy } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { baseUrl } from '../api/request'
import { Findings } from '../hops/Findings'
import '../hops/hops.css'
import type { Times } from '../history/times'
import { useTimes } from '../history/useTimes'
import { useBoard, useBoardConnection, useBoardValue } from '../live/board'
import { useNow } from '../live/clock'
import { connectionWords } from '../live/connection'
import { useSession } from '../live/session'
import type { Connection, LatencySample } from '../sync'
import { Button } from '../ui/Button'
import { copy } from '../ui/clipboard'
import { Dot } from '../ui/Dot'
import { figure } from '../ui/figures'
import { toast } from '../ui/toasts'
import './connection.css'
import { cutsOf } from './cuts'
import { figuresOf, wayMs } from './figures'
import { hopsOf } from './findings'
import { headline } from './headline'
import { Plot } from './Plot'
import { type Probe, probe as tryOut } from './probe'
import { report } from './report'

/** On a board: with its events. */
export default function ConnectionPanel({ onClose: _ }: { onClose: () => void }) {
  const store = useBoard()
  const connection = useBoardConnection()
  const samples = useBoardValue('latency', (board) => board.latency())
  return <Panel connection={connection} seq={store.seq()} samples={samples} />
}

export function Panel({
  connection,
  seq,
  samples,
}: {
  connection: Connection
  seq: number | null
  samples: readonly LatencySample[]
}) {
  const session = useSession()
  const times = useTimes()
  const now = Math.max(useNow(1_000), Date.now() - 1_000)
  const probe = useProbe()
  const figures = useMemo(() => figuresOf(samples, now), [samples, now])
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  const cuts = cutsOf(session).since(midnight)
  const base = baseUrl()
  const { hostname, protocol } = new URL(base)
  const encrypted = protocol === 'https:' || /^(localhost|127\.|\[::1\])/.test(hostname)
  const hops = hopsOf(figures, probe, cuts, encrypted)
  const { title, sub } = headline(connection, seq, now, times)
  const { dot } = connectionWords(connection, seq, times)
  const missed =
    connection.word === 'live' ? '0' : connection.behind === null ? '–' : figure(connection.behind)
  const ms = (value: number | null) => (value === null ? '–' : figure(Math.round(value)))
  const foot = sharing(connection, times)

  async function copyReport(): Promise<void> {
    const text = report({
      address: base,
      at: new Date().toISOString(),
      browser: navigator.userAgent,
      headline: title,
      sub,
      figures: [
        ['Half within', `${ms(figures.half)} ms`],
        ['95 % within', `${ms(figures.most)} ms`],
        ['Events', `${figures.rate.toFixed(1)} /s`],
        ['Missed', missed],
      ],
      hops,
      foot,
    })
    const copied = await copy(text)
    toast({ text: copied ? 'Copied the report.' : 'This browser did not let the report be copied.' })
  }

  return (
    <div className="connpanel">
      <section>
        <h2>
          <Dot state={dot} />
          {title}
        </h2>
        <p className="sub">{sub}</p>
      </section>
      {samples.length > 0 && (
        <section>
          <dl className="figs">
            <Figure name="Half within" value={ms(figures.half)} unit="ms" />
            <Figure name="95 % within" value={ms(figures.most)} unit="ms" />
            <Figure name="Events" value={figures.rate.toFixed(1)} unit="/s" />
            <Figure name="Missed" value={missed} />
          </dl>
          <Plot ways={samples.map(wayMs)} half={figures.half} most={figures.most} />
          <p className="sub">
            From commit to this screen,{' '}
            {samples.length === 1 ? 'one event so far.' : `last ${figure(samples.length)} events.`}
          </p>
        </section>
      )}
      <section aria-label="The way from the database to this screen">
        <Findings findings={hops} />
        {!probe && <p className="sub">Trying the way to the server.</p>}
      </section>
      <section className="panelfoot">
        <span>{foot}</span>
        <span className="grow" />
        <Button small onClick={() => void copyReport()}>
          <Copy className="i s" />
          Copy report
        </Button>
      </section>
    </div>
  )
}

function Figure({ name, value, unit }: { name: string; value: string; unit?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value} {unit && <small>{unit}</small>}
      </dd>
    </div>
  )
}

/** "3 tabs share one stream, live since 13:59" */
function sharing({ tabs, holder, word, since }: Connection, times: Times): string {
  const live = word === 'live' ? `, live since ${times.clock(since)}` : ''
  if (holder === 'tab') return `This tab has a stream of its own${live}`
  return tabs > 1 ? `${figure(tabs)} tabs share one stream${live}` : `One stream for this browser${live}`
}

/** Once, when the panel opens. */
function useProbe(): Probe | undefined {
  const [found, setFound] = useState<Probe>()
  useEffect(() => {
    let over = false
    void tryOut(baseUrl()).then((result) => !over && setFound(result))
    return () => {
      over = true
    }
  }, [])
  return found
}
