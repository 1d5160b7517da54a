import type { ReactNode } from 'react'
import { useConnection } from '../live/session'
import { ConnectionBanner } from './ConnectionBanner'
import { ConnectionButton, type ConnectionPanel, StateMark, TopBar } from './TopBar'

/** A page that is not a board: the top bar and, below it, whatever scrolls. */
export function Shell({
  title,
  panel,
  children,
}: {
  title?: string
  panel?: ConnectionPanel | undefined
  children: ReactNode
}) {
  return (
    <div className="app">
      <TopBar
        title={title && <strong>{title}</strong>}
        mark={<SessionMark />}
        state={<SessionState panel={panel} />}
      />
      <SessionBanner />
      <main className="page" id="content">
        {children}
      </main>
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
