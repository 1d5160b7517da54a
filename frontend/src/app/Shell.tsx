import type { ReactNode } from 'react'
import { useConnection } from '../live/session'
import { ConnectionBanner } from './ConnectionBanner'
import { type ConnectionPanel, TopBar } from './TopBar'

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
  const connection = useConnection()
  return (
    <div className="app">
      <TopBar title={title && <strong>{title}</strong>} connection={connection} panel={panel} />
      <ConnectionBanner connection={connection} unsaved={null} onTryNow={() => location.reload()} />
      <main className="page" id="content">
        {children}
      </main>
    </div>
  )
}
