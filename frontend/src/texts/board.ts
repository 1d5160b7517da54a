/** What the board says. */

import { count, figure } from '../ui/figures'

const number = (id: number) => (id > 0 ? String(id) : 'The new ticket')
const possessive = (name: string) => `${name}’s`

export const board = {
  // done
  moved: (n: number, id: number, column: string, position: number, of: number) =>
    n === 1
      ? [`Moved `, number(id), ` to ${column}, ${figure(position)} of ${figure(of)}`]
      : [`Moved `, count(n, 'ticket'), ` to ${column}`],
  archived: (n: number, id: number) =>
    n === 1 ? ['Archived ', number(id), ''] : ['Archived ', count(n, 'ticket'), ''],
  created: (n: number) => ['Wrote ', count(n, 'ticket'), ''],
  archivedColumn: (title: string, n: number) => [
    'Archived ',
    title,
    n === 0 ? '' : ` with ${count(n, 'ticket')}`,
  ],
  archivedBoard: (title: string) => ['Archived ', title, ''],
  restored: (what: string) => ['Restored ', what, ''],
  hiddenByFilter: (who: string | null, id: number) =>
    who === null
      ? [`Wrote `, number(id), '. Your filter hides it.']
      : [`${who} added `, number(id), '. Your filter hides it.'],
  undone: ['Undone.', '', ''],
  undoneMove: (n: number, id: number, column: string) =>
    n === 1
      ? ['Undone: ', number(id), ` is back in ${column}.`]
      : ['Undone: ', count(n, 'ticket'), ' are where they were.'],
  undoneArchive: (n: number, id: number) =>
    n === 1 ? ['Undone: ', number(id), ' is back.'] : ['Undone: ', count(n, 'ticket'), ' are back.'],
  undoneWriting: (n: number, id: number) =>
    n === 1
      ? ['Undone: ', number(id), ' is in the archive.']
      : ['Undone: ', count(n, 'ticket'), ' are in the archive.'],
  undoneTitle: (id: number, title: string) => ['Undone: ', number(id), ` is “${title}” again.`],
  undoneRemoval: (name: string) => ['Undone: ', name, ' is a member again.'],
  redone: 'Done again.',
  nothingToUndo: 'There is nothing to undo.',
  linkCopied: (id: number) => ['Copied the link to ', number(id), ''],
  textCopied: 'Copied your text.',

  // spoken
  spokenMove: (column: string, position: number, of: number) =>
    `Moved to ${column}, ${figure(position)} of ${figure(of)}.`,
  spokenMoves: (n: number, column: string) => `Moved ${count(n, 'ticket')} to ${column}.`,
  spokenSelection: (n: number) => (n === 0 ? 'Nothing selected.' : `${count(n, 'ticket')} selected.`),
  spokenCreated: (column: string, position: number, of: number) =>
    `Added to ${column}, ${figure(position)} of ${figure(of)}.`,
  spokenAtEnd: 'It is at the end.',

  // refused
  wentBack: (id: number, why: string) => ['', number(id), ` went back: ${why}`],
  archivedAlready: (id: number) => ['', number(id), ' was archived already.'],
  full: (column: string, fill: number, limit: number) =>
    `${column} is full, ${figure(fill)} of ${figure(limit)}.`,
  viewer: 'you can view this board, not change it.',
  viewerSentence: 'You can view this board, not change it.',
  notCreated: (title: string, why: string) => ['', `“${title}”`, ` was not added: ${why}`],
  notUndone: (why: string) => `Not undone: ${why}`,
  notDone: (why: string) => `Not done: ${why}`,
  changedSince: (who: string, what: string, at: string) => `${who} changed ${what} at ${at}.`,
  field: (noun: string, field: string) =>
    ({
      title:
        noun === 'ticket' ? 'this title' : noun === 'column' ? 'this column’s name' : 'this board’s name',
      description: noun === 'board' ? 'this board’s description' : 'this description',
      wip_limit: 'this limit',
      position: 'its place',
    })[field] ?? field,
  failed: (why: string) => ['Not saved.', ` ${why}`],

  // conflicts
  sameField: (who: string, what: string, at: string | null) =>
    `${who} changed ${what}${at ? ` at ${at}` : ''}, while you were typing.`,
  whichStays: ' Your text is safe. Which one stays?',
  keepTheirs: (who: string) => `Keep ${possessive(who)}`,
  useMine: 'Use mine',
  staleMove: (who: string, id: number, to: string, at: string | null, mine: string) => [
    `${who} moved `,
    number(id),
    ` to ${to}${at ? ` at ${at}` : ''}. Move it to ${mine} all the same?`,
  ],
  leaveIt: 'Leave it',
  moveTo: (column: string) => `Move to ${column}`,
  goneWhileDragging: (who: string, verb: string, id: number) => [
    `${who} ${verb} `,
    number(id),
    ' while you were dragging it.',
  ],
  goneWhileEditing: (who: string, verb: string, at: string) =>
    `${who} ${verb} this ticket at ${at}. Your text is kept.`,
  columnGoneWhileDragging: (who: string, verb: string) => `${who} ${verb} the column you were dragging from.`,
  columnGoneWhileEditing: (who: string, verb: string, at: string) =>
    `${who} ${verb} this column at ${at}. Your text is kept.`,
  notSent: (text: string) => ['', `“${text}”`, ' was not sent.'],
  restore: 'Restore',
  restoreAndSave: 'Restore and save',
  copyText: 'Copy my text',
  archivedVerb: 'archived',
  deletedVerb: 'deleted',
  movedAwayVerb: 'moved to another board',

  // columns
  full_: (n: number, limit: number) => `${figure(n)} of ${figure(limit)}${n >= limit ? ', full' : ''}`,
  emptyBlocked: 'Nothing is blocked.',
  emptyColumn: 'No tickets.',
  emptyHint: ['Drop a ticket here, or press ', ' to write one.'],
  emptyBoard: 'This board has no columns.',
  addColumn: 'Add a column',
  noMatchIn: (n: number) => `No match among ${figure(n)}.`,
  noMatch: 'No ticket matches these filters.',
  hidden: (n: number) => `${figure(n)} ${n === 1 ? 'is' : 'are'} hidden.`,
  clearFilters: 'Clear filters',
  limitHint: 'No more tickets can come in once it is reached. Leave it empty for no limit.',

  // by others
  tagMoved: (who: string) => `${who} moved this here`,
  tagAdded: (who: string) => `${who} added this`,
  tagChanged: (who: string) => `${who} changed this`,
  tagRestored: (who: string) => `${who} restored this`,

  nothingFound: (text: string) => `Nothing found for '${text}'.`,
  boardIsArchived: 'This board is archived. Restore it to change it.',
  emptyArchive: 'Nothing is archived here.',
}
