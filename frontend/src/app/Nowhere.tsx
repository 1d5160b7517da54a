import { Link } from 'wouter'
import { texts } from '../texts/shared'
import { Shell } from './Shell'

/** An address with nothing behind it, or nothing for me: a sentence, and the way on. */
export function Nowhere({ text = texts.noPage }: { text?: string }) {
  return (
    <Shell>
      <div className="sentence">
        <h1>{text}</h1>
        <Link href="/" className="link">
          To your boards
        </Link>
      </div>
    </Shell>
  )
}
