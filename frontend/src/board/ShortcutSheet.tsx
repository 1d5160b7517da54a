import { Switch } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { keyNames } from '../ui/keys'
import { setPrefs, usePrefs } from '../ui/prefs'
import { type Binding, bindings } from './bindings'

const GROUPS: Binding['group'][] = ['Move around', 'Change a ticket', 'Select and board']

/** Every shortcut there is, out of the table that binds them. */
export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const { keys: on } = usePrefs()
  return (
    <Dialog title="Shortcuts" className="sheet" onClose={onClose}>
      <div className="cols" data-autofocus="" tabIndex={-1}>
        {GROUPS.map((group) => (
          <div key={group}>
            <h3>{group}</h3>
            <ul>
              {bindings
                .filter((binding) => binding.group === group && !binding.unlisted)
                .map((binding) => (
                  <li key={binding.text}>
                    <span>{binding.text}</span>
                    {caps(binding).map((cap) => (
                      <kbd key={cap}>{cap}</kbd>
                    ))}
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </div>
      <div className="end">
        <Switch on={on} labelledby="single-keys" onChange={(keys) => setPrefs({ keys })} />
        <span id="single-keys">
          Single-key shortcuts are {on ? 'on' : 'off'}. They never fire while you type.
        </span>
      </div>
    </Dialog>
  )
}

function caps({ keys, shown }: Binding): string[] {
  return (shown ?? [keys[0]!]).flatMap(keyNames)
}
