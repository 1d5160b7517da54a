/** A board for components: the store of the page, and hooks that render again only when their key changed. */

import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react'
import type { BoardStore, Id, Key } from '../sync'
import { useSession } from './session'

const BoardContext = createContext<BoardStore | undefined>(undefined)

/** Opens board `id` for as long as it is mounted. */
export function BoardProvider({ id, children }: { id: Id; children: ReactNode }) {
  const store = useOpenBoard(id)
  return store ? <GivenBoard store={store}>{children}</GivenBoard> : null
}

/** Gives a store that somebody else opened; also for tests. */
export function GivenBoard({ store, children }: { store: BoardStore; children: ReactNode }) {
  return <BoardContext.Provider value={store}>{children}</BoardContext.Provider>
}

/** The store of board `id`, opened while mounted; undefined for the moment before. */
export function useOpenBoard(id: Id | undefined): BoardStore | undefined {
  const session = useSession()
  const [store, setStore] = useState<BoardStore>()
  useEffect(() => {
    if (id === undefined) return
    const opened = session.open(id)
    setStore(opened)
    return () => {
      setStore(undefined)
      opened.close()
    }
  }, [session, id])
  return store && store.id === id ? store : undefined
}

export function useBoard(): BoardStore {
  const store = useContext(BoardContext)
  if (!store) throw new Error('useBoard outside a board')
  return store
}

/** A value of the store, live under `key`. `get` must return the same object until it changed. */
export function useBoardValue<T>(key: Key, get: (store: BoardStore) => T): T {
  const store = useBoard()
  return useSyncExternalStore(
    useCallback((listener) => store.subscribe(key, listener), [store, key]),
    () => get(store),
  )
}

export const useTicket = (id: Id) => useBoardValue(`ticket:${id}`, (store) => store.ticket(id))
export const useColumn = (id: Id) => useBoardValue(`column:${id}`, (store) => store.column(id))
export const useColumns = () => useBoardValue('columns', (store) => store.columns())
export const useTickets = (column: Id) => useBoardValue(`tickets:${column}`, (store) => store.tickets(column))
export const useBoardRow = () => useBoardValue('board', (store) => store.board())
export const useMembers = () => useBoardValue('members', (store) => store.members())
export const useBoardStatus = () => useBoardValue('status', (store) => store.status())
export const useBoardConnection = () => useBoardValue('connection', (store) => store.connection())
export const useConflicts = () => useBoardValue('conflicts', (store) => store.conflicts())
export const usePending = () => useBoardValue('pending', (store) => store.pending())

/** May I change this board? Known once its members are. */
export function useMayEdit(): boolean {
  return useBoardValue('members', (store) => {
    const role = store.role()
    return role === 'editor' || role === 'owner'
  })
}
