export type * from './api'
export { openSession, renewPerson, setUp, signIn } from './session'
export type * from './types'
