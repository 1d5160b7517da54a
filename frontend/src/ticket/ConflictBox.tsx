/** Two texts for one field, equal in size, the difference marked: directly under the field it is about. */

import { whoOf } from '../history/deed'
import { useTimes } from '../history/useTimes'
import type { Actor, Timestamp } from '../sync'
import { Button } from '../ui/Button'
import { difference, type Stretch } from './difference'

export function ConflictBox({
  what,
  theirs,
  mine,
  onTheirs,
  onMine,
}: {
  what: 'title' | 'description'
  theirs: { text: string; by: Actor | null; via: string | null; at: Timestamp | null }
  mine: string
  onTheirs: () => void
  onMine: () => void
}) {
  const times = useTimes()
  const who =
    theirs.by || theirs.via ? whoOf({ actor: theirs.by, via: theirs.via ?? 'rest' }).name : 'Someone'
  const when = theirs.at ? ` at ${times.clock(theirs.at)}` : ''
  const marked = difference(mine, theirs.text)
  return (
    <div className="conflict" role="alert">
      <p>
        <b>
          {who} changed this {what}
          {when}, while you were typing.
        </b>{' '}
        Your text is safe. Which one stays?
      </p>
      <Side name={who} text={marked.theirs}>
        <Button small onClick={onTheirs}>
          Keep {possessive(who)}
        </Button>
      </Side>
      <Side name="Yours" text={marked.mine}>
        <Button small look="primary" onClick={onMine}>
          Use mine
        </Button>
      </Side>
    </div>
  )
}

function Side({ name, text, children }: { name: string; text: Stretch[]; children: React.ReactNode }) {
  return (
    <div className="opt">
      <span>{name}</span>
      <p className="text">
        {text.length === 0 && <span className="t3">(empty)</span>}
        {text.map((stretch, index) =>
          stretch.same ? <span key={index}>{stretch.text}</span> : <ins key={index}>{stretch.text}</ins>,
        )}
      </p>
      {children}
    </div>
  )
}

/** "Iris’s", "Mavis’s", "SQL’s". */
function possessive(name: string): string {
  return `${name.startsWith('SQL') ? 'SQL' : name}’s`
}
