/** What one person's browser keeps: unsent changes and the last state of boards. A database of its own for each person. */

import type { PendingOp } from './operation'
import type { OutboxStorage } from './outbox'
import type { BoardSnapshot, Id } from './types'

export interface PersonStorage extends OutboxStorage {
  /** All unsent changes, of every tab, oldest first. */
  all(): Promise<PendingOp[]>
  /** Makes these the changes of `tab`; those that went out meanwhile are left out. */
  claim(ops: readonly string[], tab: string): Promise<PendingOp[]>
  loadBoard(board: Id): Promise<BoardSnapshot | undefined>
  saveBoard(board: Id, snapshot: BoardSnapshot): void
  forgetBoards(): Promise<void>
  /** Resolves when what was told so far is kept. */
  settled(): Promise<void>
}

const BOARDS_KEPT = 12
const ASK_AGAIN_MS = 500
const ASKED_MOST = 6

interface SavedBoard {
  board: Id
  savedAt: number
  snapshot: BoardSnapshot
}

/** Opens it; without IndexedDB (private windows, storage switched off) changes live as long as the tab. */
export async function openStorage(name: string): Promise<PersonStorage> {
  try {
    return new Kept(await openDatabase(name))
  } catch {
    return new Fleeting()
  }
}

/**
 * Asks again while there is no answer: Chromium forgets a request now and then when the page before was left while it made the
 * database, and remembers it at the next.
 */
async function openDatabase(name: string): Promise<IDBDatabase> {
  const asked: Promise<IDBDatabase>[] = []
  let opened: IDBDatabase | undefined
  while (!opened && asked.length < ASKED_MOST) {
    asked.push(askForDatabase(name))
    opened = await Promise.race([...asked, silence(ASK_AGAIN_MS)])
  }
  for (const each of asked) each.then((late) => late !== opened && late.close()).catch(() => {})
  if (!opened) throw new Error('no answer')
  return opened
}

const silence = (ms: number) => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms))

function askForDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, 1)
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('ops', { keyPath: 'op' })
      opening.result.createObjectStore('boards', { keyPath: 'board' })
    }
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
    opening.onblocked = () => reject(new Error('blocked'))
  })
}

class Kept implements PersonStorage {
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly db: IDBDatabase) {}

  put(op: PendingOp): void {
    const kept = structuredClone(op) // as it is now: it goes on changing
    this.write('ops', (store) => store.put(kept))
  }

  delete(op: string): void {
    this.write('ops', (store) => store.delete(op))
  }

  async all(): Promise<PendingOp[]> {
    const store = this.db.transaction('ops').objectStore('ops')
    const ops = await result<PendingOp[]>(store.getAll())
    return ops.sort((a, b) => a.at - b.at)
  }

  async claim(ops: readonly string[], tab: string): Promise<PendingOp[]> {
    const transaction = this.db.transaction('ops', 'readwrite')
    const store = transaction.objectStore('ops')
    const claimed: PendingOp[] = []
    for (const op of ops) {
      const found = await result<PendingOp | undefined>(store.get(op))
      if (!found) continue
      found.tab = tab
      store.put(found)
      claimed.push(found)
    }
    await finished(transaction)
    return claimed
  }

  async loadBoard(board: Id): Promise<BoardSnapshot | undefined> {
    const store = this.db.transaction('boards').objectStore('boards')
    return (await result<SavedBoard | undefined>(store.get(board)))?.snapshot
  }

  saveBoard(board: Id, snapshot: BoardSnapshot): void {
    const row: SavedBoard = { board, savedAt: Date.now(), snapshot }
    this.write('boards', (store) => {
      store.put(row)
      const all = store.getAllKeys()
      all.onsuccess = () => {
        // Enough of them: the oldest goes, unless it is this one.
        if (all.result.length > BOARDS_KEPT) {
          const other = all.result.find((key) => key !== board)
          if (other !== undefined) store.delete(other)
        }
      }
    })
  }

  async forgetBoards(): Promise<void> {
    this.write('boards', (store) => store.clear())
    await this.settled()
  }

  async settled(): Promise<void> {
    await this.last
  }

  private write(name: string, act: (store: IDBObjectStore) => void): void {
    try {
      const transaction = this.db.transaction(name, 'readwrite')
      act(transaction.objectStore(name))
      // A full disk loses the copy, not the change: it is still in the tab.
      this.last = Promise.allSettled([this.last, finished(transaction)])
    } catch {
      // The database was closed under us (site data cleared): the tab still holds everything.
    }
  }
}

/** For browsers that keep nothing. */
class Fleeting implements PersonStorage {
  put(): void {}
  delete(): void {}
  async all(): Promise<PendingOp[]> {
    return []
  }
  async claim(): Promise<PendingOp[]> {
    return []
  }
  async loadBoard(): Promise<undefined> {}
  saveBoard(): void {}
  async forgetBoards(): Promise<void> {}
  async settled(): Promise<void> {}
}

function result<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T)
    request.onerror = () => reject(request.error)
  })
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onerror = transaction.onabort = () => reject(transaction.error)
  })
}
