import { Archive, History, Link as LinkIcon, Pencil, Plus, Printer, Undo2, Users } from 'lucide-react'
import { useBoard, useBoardRow, useMayEdit } from '../live/board'
import { board as texts } from '../texts/board'
import type { MenuItem } from '../ui/Menu'
import { copyText, done, undo } from './moves'

/** What the board as a whole offers. */
export function useBoardMenu(
  go: (path: string) => void,
  onAddColumn: () => void,
  onRename: () => void,
): readonly (MenuItem | false | undefined | null)[] {
  const store = useBoard()
  const board = useBoardRow()
  const mayEdit = useMayEdit()
  const here = `/boards/${store.id}`
  const owner = store.role() === 'owner'

  function archive(): void {
    store.run({ do: 'board.archive' })
    done(store, texts.archivedBoard(board?.title ?? ''))
  }

  return [
    mayEdit && { text: texts.addColumn, icon: <Plus className="i" />, onChoose: onAddColumn },
    mayEdit && {
      text: 'Rename board',
      icon: <Pencil className="i" />,
      onChoose: onRename,
    },
    mayEdit && { text: 'Undo', icon: <Undo2 className="i" />, keys: 'Mod+Z', onChoose: () => undo(store) },
    mayEdit && 'rule',
    { text: 'Members', icon: <Users className="i" />, onChoose: () => go(`${here}/members`) },
    { text: 'Time machine', icon: <History className="i" />, keys: 'T', onChoose: () => go(`${here}/past`) },
    {
      text: 'Archive',
      finder: 'Look into the archive',
      icon: <Archive className="i" />,
      onChoose: () => go(`${here}/archive`),
    },
    {
      text: 'Copy link',
      finder: 'Copy link to the board',
      icon: <LinkIcon className="i" />,
      onChoose: () =>
        void copyText(new URL(here.slice(1), document.baseURI).href, [
          'Copied the link to ',
          board?.title,
          '',
        ]),
    },
    { text: 'Print', icon: <Printer className="i" />, onChoose: () => window.print() },
    owner && !board?.archived_at && 'rule',
    owner &&
      !board?.archived_at && {
        text: 'Archive board',
        icon: <Archive className="i" />,
        onChoose: archive,
      },
  ]
}
