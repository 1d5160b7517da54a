/** Find or do where there are no lanes: a board, or something of one's own. */

import { Columns3, LogOut, Plus, Settings, SunMoon } from 'lucide-react'
import { useCallback } from 'react'
import { useLocation } from 'wouter'
import { useMemberships, useSession } from '../live/session'
import { board as texts } from '../texts/board'
import { Finder, type FinderSection } from '../ui/Finder'
import { matchAt } from '../ui/match'
import { chooseTheme } from './theme'

const MOST_BOARDS = 12

export default function Find({ onClose }: { onClose: () => void }) {
  const session = useSession()
  const memberships = useMemberships()
  const [, go] = useLocation()
  const sectionsFor = useCallback(
    (query: string): FinderSection[] => {
      const hit = (text: string) => matchAt(text, query) !== null
      const boards = (memberships ?? []).filter(({ title }) => hit(title))
      const commands = [
        { text: 'New board', lead: <Plus className="i" />, run: () => go('/?new') },
        { text: 'All boards', lead: <Columns3 className="i" />, run: () => go('/') },
        { text: 'Settings', lead: <Settings className="i" />, run: () => go('/settings') },
        { text: 'Light theme', lead: <SunMoon className="i" />, run: () => chooseTheme('light') },
        { text: 'Dark theme', lead: <SunMoon className="i" />, run: () => chooseTheme('dark') },
        {
          text: 'Theme as the system’s',
          lead: <SunMoon className="i" />,
          run: () => chooseTheme('system'),
        },
        { text: 'Sign out', lead: <LogOut className="i" />, run: () => void session.signOut() },
      ]
      return [
        {
          title: 'Boards',
          rows: boards.slice(0, MOST_BOARDS).map(({ board_id, title, role }) => ({
            key: `board ${board_id}`,
            text: title,
            lead: <Columns3 className="i" />,
            right: role === 'viewer' ? 'view only' : undefined,
            run: () => go(`/boards/${board_id}`),
          })),
        },
        {
          title: 'Livelane',
          rows: commands
            .filter(({ text }) => hit(text))
            .map((command) => ({ ...command, key: `do ${command.text}` })),
        },
      ]
    },
    [memberships, go, session],
  )
  return (
    <Finder
      placeholder="Find a board, or what to do"
      sectionsFor={sectionsFor}
      nothing={texts.nothingFound}
      onClose={onClose}
    />
  )
}
