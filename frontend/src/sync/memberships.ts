/** The boards I may see, live, from my own topic. */

import type { Send } from '../api/request'
import type { TopicReader } from './link'
import type { Cursor, ToTab } from './protocol'
import { parseType } from './protocol'
import type { Id, Membership, TopicEvent } from './types'

export class Memberships implements TopicReader {
  private boards: Map<Id, Membership> | undefined
  private list: readonly Membership[] | undefined
  private at: Cursor | null = null
  private loading = false

  constructor(
    private readonly send: Send,
    private readonly changed: () => void,
  ) {}

  all(): readonly Membership[] | undefined {
    if (this.boards) this.list ??= [...this.boards.values()]
    return this.list
  }

  cursor(): Cursor | null {
    return this.at
  }

  receive(message: Extract<ToTab, { topic: string }>): void {
    if (message.t === 'snapshot') {
      const frame = JSON.parse(message.data) as {
        seq: number
        epoch: string
        state: { memberships?: Membership[] }
      }
      this.at = { epoch: frame.epoch, seq: frame.seq }
      this.replace(frame.state.memberships ?? [])
    } else if (message.t === 'event') {
      this.at = { epoch: this.at?.epoch ?? '', seq: message.seq }
      this.apply(JSON.parse(message.data) as TopicEvent)
    } else if (message.t === 'joined' && message.cursor.seq !== this.at?.seq) {
      // Another tab holds the topic already: REST tells what the stream told it.
      this.at = message.cursor
      void this.load()
    }
  }

  /** From REST: used until the stream told, and without it. */
  async load(): Promise<void> {
    if (this.loading) return
    this.loading = true
    try {
      const answer = await this.send({ method: 'GET', path: 'api/boards' })
      if (!answer.ok) return
      const rows = (Array.isArray(answer.body) ? answer.body : (answer.body?.boards ?? [])) as Record<
        string,
        unknown
      >[]
      this.replace(rows.map((row) => ({ ...row, board_id: row.id ?? row.board_id }) as unknown as Membership))
    } catch {
      // The stream or the next call will tell.
    } finally {
      this.loading = false
    }
  }

  private replace(memberships: Membership[]): void {
    this.boards = new Map(memberships.map((m) => [m.board_id, m]))
    this.list = undefined
    this.changed()
  }

  private apply(event: TopicEvent): void {
    const [noun, verb] = parseType(event) ?? []
    if (noun !== 'membership' || !this.boards) return
    if (verb === 'deleted') this.boards.delete(event.id)
    else
      this.boards.set(event.id, {
        ...this.boards.get(event.id),
        ...event.set,
        board_id: event.id,
      } as unknown as Membership)
    this.list = undefined
    this.changed()
  }
}
