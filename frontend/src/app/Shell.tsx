import type { ReactNode } from 'react'
import { useConnection } from '../live/session'
import { useFetchLater } from '../ui/later'
import { ConnectionBanner } from './ConnectionBanner'
import { ConnectionButton, type ConnectionPanel, StateMark, TopBar } from './TopBar'
import { useFind } from './useFind'

/** A page that is not a board: the top bar and, below it, whatever scrolls. */
export function Shell({
  title,
  panel,
  children,
}: {
  title?: ReactNode
  panel?: ConnectionPanel | undefined
  children: ReactNode
}) {
  const { show, found } = useFind()
  useFetchLater(useConnection().word === 'live')
  return (
    <div className="app">
      <TopBar title={title} mark={<SessionMark />} state={<SessionState panel={panel} />} onFind={show} />
      <SessionBanner />
      <main className="page" id="content">
        {children}
      </main>
      {found}
    </div>
  )
}

function SessionMark() {
  return <StateMark connection={useConnection()} />
}

function SessionState({ panel }: { panel: ConnectionPanel | undefined }) {
  return <ConnectionButton connection={useConnection()} seq={null} panel={panel} />
}

function SessionBanner() {
  return (
    <div>
      <ConnectionBanner connection={useConnection()} unsaved={null} onTryNow={() => location.reload()} />
    </div>
  )
}
