import { Component, type ReactNode } from 'react'
import { Button } from '../ui/Button'

/** A fault of this page ends in a sentence. What was typed and not sent is kept in the browser's storage anyway. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null }

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <main className="sentence" role="alert">
        <h1>This page broke.</h1>
        <p>That is a fault in Livelane, not in what you did. Your changes are kept in this browser.</p>
        <pre className="mono">{error.message}</pre>
        <Button look="primary" onClick={() => location.reload()}>
          Load the page again
        </Button>
      </main>
    )
  }
}
