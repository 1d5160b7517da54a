/** How to bring a ticket back to what an event made of it, as new changes. */

import type { Command, Id, Ticket, TopicEvent } from '../sync/types'

/** The ticket's fields as they are now. `description` undefined: not known, so it counts as different. */
export type Present = Pick<Ticket, 'title' | 'column_id' | 'rank'> & { description: string | undefined }

/** What of this event no longer stands. Empty: the present is as the event made it. */
export function differing(event: TopicEvent, now: Present): ('title' | 'description' | 'column_id')[] {
  const [noun, verb] = event.type.split('.')
  const set = event.set ?? {}
  if (noun !== 'ticket' || verb === 'deleted' || 'archived_at' in set === (verb === 'updated')) return []
  const fields: ('title' | 'description' | 'column_id')[] = []
  if (typeof set.title === 'string' && set.title !== now.title) fields.push('title')
  const text = set.description
  if (event.omitted?.includes('set.description') || (typeof text === 'string' && text !== now.description))
    fields.push('description')
  if (verb === 'updated' && 'column_id' in set && set.column_id !== now.column_id) fields.push('column_id')
  return fields
}

/** The commands that bring those fields back; `siblings` are the open tickets of the column it returns to, top to bottom. */
export function restoring(
  event: TopicEvent,
  now: Present,
  siblings: (column: Id) => readonly Pick<Ticket, 'id' | 'rank'>[],
): Command[] {
  const fields = differing(event, now)
  const set = event.set ?? {}
  const commands: Command[] = []
  const { id } = event
  if (fields.includes('title') || fields.includes('description'))
    commands.push({
      do: 'ticket.edit',
      id,
      ...(fields.includes('title') ? { title: String(set.title) } : {}),
      ...(fields.includes('description') ? { description: String(set.description ?? '') } : {}),
    })
  if (fields.includes('column_id')) {
    const column_id = set.column_id as Id
    const rank = String(set.rank ?? '')
    const above = siblings(column_id).filter((t) => t.id !== id && t.rank < rank)
    commands.push({ do: 'ticket.move', id, column_id, after: above.at(-1)?.id ?? null })
  }
  return commands
}
