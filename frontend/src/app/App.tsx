import { StrictMode } from 'react'
import { Router } from 'wouter'
import { basePath, SessionDoor } from '../live/session'
import { LiveRegion } from '../ui/announce'
import { Toasts } from '../ui/toasts'
import { ErrorBoundary } from './ErrorBoundary'
import { Routes } from './routes'
import { useTheme } from './theme'

export function App() {
  useTheme()
  return (
    <StrictMode>
      <ErrorBoundary>
        <Router base={basePath()}>
          <SessionDoor>
            <Routes />
          </SessionDoor>
        </Router>
      </ErrorBoundary>
      <Toasts />
      <LiveRegion />
    </StrictMode>
  )
}
