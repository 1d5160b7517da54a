export type * from './api'
export { openSession, setUp, signIn } from './session'
export type * from './types'
