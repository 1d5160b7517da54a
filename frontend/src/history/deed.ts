/** What an event says, in words: who did what to which, from and to. */

import { onlyTaskChanged } from '../markdown/tasks'
import type { Actor, Id, TopicEvent } from '../sync/types'
import { count } from '../ui/figures'
import { actorName } from '../ui/person'

export interface Who {
  name: string
  person: Actor | null
  /** The role's name when it came by SQL. */
  sql: string | null
}

/** What the present board calls things; undefined for what is gone. */
export interface Names {
  column(id: Id): string | undefined
  person(id: Id): string | undefined
}

/** A stretch of a sentence; `was` is struck out, `strong` names the ticket or the person. */
export interface Part {
  text: string
  as?: 'was' | 'strong'
}

export function whoOf(event: Pick<TopicEvent, 'actor' | 'via'>): Who {
  const sql = event.via.startsWith('sql:') ? event.via.slice(4) : null
  return { name: actorName(event.actor, event.via), person: event.actor, sql }
}

/** The kind of deed, coarse enough to add up: "archived 4 tickets". */
export function verbOf(event: TopicEvent): string {
  const [noun, verb] = event.type.split('.')
  const set = event.set ?? {}
  if (noun === 'ticket' || noun === 'column' || noun === 'board') {
    if (verb === 'created') return noun === 'ticket' ? 'wrote' : 'added'
    if (verb === 'deleted') return event.moved_to ? 'moved away' : 'deleted'
    if ('archived_at' in set) return set.archived_at ? 'archived' : 'restored'
    if ('column_id' in set) return 'moved'
    if ('title' in set) return 'renamed'
    if ('description' in set) return 'described'
    if ('rank' in set) return 'sorted'
    return 'changed'
  }
  if (noun === 'member')
    return verb === 'created'
      ? 'added'
      : verb === 'deleted'
        ? 'removed'
        : 'role' in set
          ? 'changed'
          : 'renamed'
  return 'changed'
}

/** One event of a board as a sentence after the name: "moved 318 Ready → Doing". */
export function deed(event: TopicEvent, names: Names): Part[] {
  const [noun] = event.type.split('.')
  const set = event.set ?? {}
  const was = event.was ?? {}
  const verb = verbOf(event)
  if (noun === 'ticket') return ticketDeed(event, verb, names)
  if (noun === 'column') {
    const title = quoted(set.title ?? was.title ?? names.column(event.id))
    if (verb === 'renamed') return [say('renamed the column '), ...fromTo(was.title, set.title)]
    if ('wip_limit' in set)
      return [say(`limited ${title} `), ...fromTo(limit(was.wip_limit), limit(set.wip_limit))]
    if (verb === 'sorted') return [say(`moved the column ${title}`)]
    return [say(`${verb} the column ${title}`)]
  }
  if (noun === 'member') {
    const name = strong(String(set.name ?? names.person(event.id) ?? 'someone'))
    if (verb === 'changed') return [say('made '), name, say(` ${article(String(set.role))}`)]
    if (verb === 'renamed') return [say('goes by '), name]
    return [say(`${verb} `), name, ...(verb === 'added' && set.role ? [say(` as ${set.role}`)] : [])]
  }
  if (noun === 'board') {
    if (verb === 'renamed') return [say('renamed the board '), ...fromTo(was.title, set.title)]
    if (verb === 'described') return [say('described the board')]
    return [say(`${verb === 'added' ? 'made' : verb} the board`)]
  }
  return [say(`changed a ${noun}`)]
}

function ticketDeed(event: TopicEvent, verb: string, names: Names): Part[] {
  const set = event.set ?? {}
  const was = event.was ?? {}
  const number = strong(String(event.id))
  const column = (id: unknown) => names.column(id as Id) ?? 'a column that is gone'
  if (verb === 'wrote') return [say('wrote '), number, say(` ${quoted(set.title)}`)]
  if (verb === 'moved')
    return [say('moved '), number, say(` ${column(was.column_id)} → ${column(set.column_id)}`)]
  if (verb === 'sorted') return [say('moved '), number, say(' within its column')]
  if (verb === 'renamed') return [say('renamed '), number, say(` ${quoted(set.title)}`)]
  if (verb === 'described') return [...described(event), say(' in '), number]
  if (verb === 'moved away') return [say('moved '), number, say(' to another board')]
  return [say(`${verb} `), number]
}

/** One event of a ticket, as its own history shows it: each thing it changed, from and to. */
export function ticketDeeds(event: TopicEvent, names: Names): Part[][] {
  const set = event.set ?? {}
  const was = event.was ?? {}
  const verb = verbOf(event)
  const column = (id: unknown) => names.column(id as Id) ?? 'a column that is gone'
  if (verb === 'wrote') return [[say('wrote this ticket')]]
  if (verb === 'deleted') return [[say('deleted it for good')]]
  if (verb === 'moved away') return [[say('moved it to another board')]]
  if (verb === 'archived') return [[say('archived it')]]
  if (verb === 'restored') return [[say('restored it')]]
  const lines: Part[][] = []
  if ('title' in set) lines.push([say('title '), ...fromTo(was.title, set.title)])
  if ('description' in set || event.omitted?.includes('set.description')) lines.push(described(event))
  if ('column_id' in set) lines.push(fromTo(column(was.column_id), column(set.column_id)))
  else if ('rank' in set) lines.push([say('moved within its column')])
  return lines.length ? lines : [[say('changed it')]]
}

function described(event: TopicEvent): Part[] {
  const before = event.was?.description
  const after = event.set?.description
  if (typeof before !== 'string' || typeof after !== 'string') return [say('changed the description')]
  const task = onlyTaskChanged(before, after)
  if (task) return [say(`${task.done ? 'checked' : 'unchecked'} ${quoted(task.words)}`)]
  if (!before) return [say('wrote the description')]
  return [say(after ? 'changed the description' : 'emptied the description')]
}

/**
 * What happened last on a board, as a row says it: "Tomás moved 306 to Review", "Noor archived 4 tickets".
 * `events` newest first; the run of like deeds at their head is added up. `more`: the log goes on below them.
 */
export function lastDeed(
  events: readonly TopicEvent[],
  names: Names,
  more = false,
): { who: Who; words: string } | undefined {
  const newest = events[0]
  if (!newest) return undefined
  const who = whoOf(newest)
  const same = (event: TopicEvent) =>
    whoOf(event).name === who.name && verbOf(event) === verbOf(newest) && nounOf(event) === nounOf(newest)
  const end = events.findIndex((event) => !same(event))
  const run = end < 0 ? events : events.slice(0, end)
  const things = new Set(run.map((event) => event.id))
  if (things.size > 1)
    return { who, words: many(verbOf(newest), nounOf(newest), things.size, more && end < 0) }
  if (nounOf(newest) === 'ticket') {
    if (verbOf(newest) === 'wrote') return { who, words: `wrote ${quoted(newest.set?.title)}` }
    if (verbOf(newest) === 'moved') {
      const column = names.column(newest.set?.column_id as Id)
      return { who, words: `moved ${newest.id}${column ? ` to ${column}` : ''}` }
    }
  }
  const words = deed(newest, names)
    .map((part) => part.text)
    .join('')
  return { who, words }
}

function nounOf(event: TopicEvent): string {
  return event.type.split('.')[0]!
}

function many(verb: string, noun: string, n: number, atLeast: boolean): string {
  const verbs: Record<string, string> = {
    wrote: 'added',
    described: 'edited',
    sorted: 'sorted',
    'moved away': 'moved',
  }
  return `${verbs[verb] ?? verb} ${atLeast ? 'at least ' : ''}${count(n, noun)}`
}

const say = (text: string): Part => ({ text })
const strong = (text: string): Part => ({ text, as: 'strong' })
const quoted = (text: unknown) => `“${text ?? ''}”`
const limit = (n: unknown) => (n === null || n === undefined ? 'no limit' : String(n))
const article = (role: string) => (/^[aeiou]/.test(role) ? `an ${role}` : `a ${role}`)

function fromTo(was: unknown, now: unknown): Part[] {
  return [{ text: String(was ?? ''), as: 'was' }, say(` → ${now ?? ''}`)]
}
