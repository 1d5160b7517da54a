/** The sentences of the whole app: connection, session, loading. A feature's own stand in a file beside this one. */

import { figure } from '../ui/figures'

/** "3 changes" with its verb. */
const changes = (n: number) => `${figure(n)} ${n === 1 ? 'change' : 'changes'}`

export const texts = {
  noAnswer: (since: string, unsaved: number | null) => {
    const first = `No answer from the server since ${since}.`
    if (unsaved === null) return first
    if (unsaved === 0) return `${first} Keep working: your changes wait here and go out when it answers.`
    return unsaved === 1
      ? `${first} Keep working: your 1 change waits here and goes out when it answers.`
      : `${first} Keep working: your ${changes(unsaved)} wait here and go out when it answers.`
  },
  restarting: 'The server is restarting. Back in a few seconds.',
  noStream: (since: string) =>
    `No live stream since ${since}: the board is read again every few seconds. Your changes are saved as always.`,
  sessionOver: (unsaved: number) =>
    unsaved === 0
      ? 'Your session ended. Sign in again.'
      : `Your session ended. Sign in again; your ${changes(unsaved)} ${unsaved === 1 ? 'is' : 'are'} kept here.`,
  otherPerson: 'Someone else signed in on this browser. Nothing of yours is sent under another name.',
  noMember: 'You are no longer a member of this board.',
  gone: (board: number) => `There is no board ${board} any more, or you are no longer a member of it.`,
  accessGone: 'You are no longer a member of this board. What you had not sent is below, to copy.',
  back: (events: number, sent: number) => {
    const caught =
      events === 0
        ? 'Back. Nothing was missed'
        : `Back. ${events === 1 ? '1 event' : `${figure(events)} events`} caught up`
    return sent === 0 ? `${caught}.` : `${caught}, your ${changes(sent)} ${sent === 1 ? 'is' : 'are'} saved.`
  },
  leaving: (unsaved: number) =>
    unsaved === 1
      ? '1 change is not saved yet. It stays in this browser and goes out next time.'
      : `${changes(unsaved)} are not saved yet. They stay in this browser and go out next time.`,
  newRelease: 'The server runs a newer release.',
  notThere: (board: number | string) => `There is no board ${board}, or you are not a member of it.`,
  noPage: 'There is nothing at this address.',
  nextTry: (seconds: number) => `Next try in ${Math.max(1, seconds)} s.`,
  didNotLoad: (status: number) =>
    status === 0
      ? 'This page did not load: no answer from the server.'
      : `This page did not load: the server answered ${status}.`,
  partGone: 'The server runs a newer release. Reload to go on; nothing you changed is lost.',
  partUnanswered: 'This part did not load: no answer from the server.',
  oldChanges: (n: number, since: string) =>
    `${changes(n)} from ${since} ${n === 1 ? 'was' : 'were'} never sent. Send ${n === 1 ? 'it' : 'them'} now?`,
}
