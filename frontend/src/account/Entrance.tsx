/** What stands before everything else: a printed link's code first, else the way to sign in. */

import { Mark } from '../ui/Dot'
import { type Code, useDescribedCode } from './describe'
import './account.css'
import { Button } from '../ui/Button'
import { dropCode, useCode } from './code'
import { FirstStart } from './FirstStart'
import { Invited } from './Invited'
import { LinkSignIn } from './LinkSignIn'
import { SignIn } from './SignIn'

export default function Entrance() {
  const code = useCode()
  return code ? <Coded key={code} code={code} /> : <SignIn />
}

function Coded({ code }: { code: string }) {
  const use = useDescribedCode(code)
  if (use.is === 'asking') return <main className="page" aria-busy="true" />
  if (use.is === 'void')
    return (
      <main className="sentence">
        <Mark state="offline" />
        <h1>This link does not work, or not any more.</h1>
        <p>{use.sentence}</p>
        <Button look="primary" onClick={dropCode}>
          Go on without it
        </Button>
      </main>
    )
  return <Purpose code={code} use={use.code} />
}

function Purpose({ code, use }: { code: string; use: Code }) {
  if (use.purpose === 'setup') return <FirstStart code={code} />
  if (use.purpose === 'invitation') return <Invited code={code} use={use} />
  return <LinkSignIn code={code} use={use} />
}
