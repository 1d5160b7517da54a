import { useTimes } from '../history/useTimes'
import { useBoard } from '../live/board'
import type { Conflict } from '../sync'
import { board as texts } from '../texts/board'
import { Button } from '../ui/Button'
import { actorName } from '../ui/person'

/** Two wrote the same title: both stand here, equal in size, and the person chooses. */
export function TitleConflict({ conflict }: { conflict: Conflict }) {
  const store = useBoard()
  const times = useTimes()
  const field = conflict.fields.find((each) => each.field === 'title')
  if (!field) return null
  const who = actorName(field.by, field.via)
  const [theirs, yours] = [String(field.theirs), String(field.yours)]
  return (
    <div className="conflict" role="alert">
      <p>
        <b>{texts.sameField(who, texts.field(conflict.noun, 'title'), field.at && times.clock(field.at))}</b>
        {texts.whichStays}
      </p>
      <div className="opt">
        <span>{who}</span>
        <p>
          <Differing text={theirs} other={yours} />
        </p>
        <Button small onClick={() => store.resolve(conflict.op, 'theirs')}>
          {texts.keepTheirs(who)}
        </Button>
      </div>
      <div className="opt">
        <span>Yours</span>
        <p>
          <Differing text={yours} other={theirs} />
        </p>
        <Button small look="primary" onClick={() => store.resolve(conflict.op, 'mine')}>
          {texts.useMine}
        </Button>
      </div>
    </div>
  )
}

/** `text` with the part marked that `other` does not have: what lies between their common beginning and end. */
function Differing({ text, other }: { text: string; other: string }) {
  const a = text.split(/(\s+)/)
  const b = other.split(/(\s+)/)
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  return (
    <>
      {a.slice(0, start).join('')}
      {start < a.length - end && <ins>{a.slice(start, a.length - end).join('')}</ins>}
      {end > 0 && a.slice(a.length - end).join('')}
    </>
  )
}
