import { useConnection } from '../live/session'
import type { LatencySample } from '../sync'
import { Panel } from './ConnectionPanel'

const NONE: readonly LatencySample[] = []

/** Behind the dot on a page without a board. */
export default function PlainConnectionPanel() {
  return <Panel connection={useConnection()} seq={null} samples={NONE} />
}
