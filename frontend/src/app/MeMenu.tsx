import { Keyboard, LogOut, Settings } from 'lucide-react'
import { useLocation } from 'wouter'
import { usePerson, useSession } from '../live/session'
import { Avatar } from '../ui/Avatar'
import { announcementsMuted, muteAnnouncements } from '../ui/announce'
import { MenuButton } from '../ui/Menu'
import { chooseTheme, type Theme, theme } from './theme'

const THEMES: [Theme, string][] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

/** Everything that is about me: how it looks, what is said aloud, my account, the way out. */
export function MeMenu({ onShortcuts }: { onShortcuts?: (() => void) | undefined }) {
  const session = useSession()
  const person = usePerson()
  const [, go] = useLocation()
  const unsaved = session.unsaved()
  return (
    <MenuButton
      label="You"
      side="end"
      button={(props) => (
        <button
          type="button"
          className="me-button"
          aria-label={`You, ${person.name}`}
          title={person.name}
          {...props}
        >
          <Avatar id={person.id} name={person.name} size={26} decorative />
        </button>
      )}
      items={[
        { title: person.email ? `${person.name}, ${person.email}` : person.name },
        { text: 'Settings', icon: <Settings className="i" />, onChoose: () => go('/settings') },
        onShortcuts && {
          text: 'Shortcuts',
          icon: <Keyboard className="i" />,
          keys: '?',
          onChoose: onShortcuts,
        },
        'rule',
        { title: 'Theme' },
        ...THEMES.map(([value, text]) => ({
          text,
          checked: theme() === value,
          onChoose: () => chooseTheme(value),
        })),
        'rule',
        {
          text: announcementsMuted() ? 'Announce others’ changes' : 'Do not announce others’ changes',
          onChoose: () => muteAnnouncements(!announcementsMuted()),
        },
        'rule',
        {
          text: 'Sign out',
          hint: unsaved ? `${unsaved} not saved` : undefined,
          icon: <LogOut className="i" />,
          onChoose: () => void session.signOut(),
        },
      ]}
    />
  )
}
