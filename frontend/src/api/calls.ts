/** Which requests there are and what each answers, from the service's OpenAPI document: types only. */

import type { components, paths } from './schema'

export type Rows = components['schemas']

/** `/api/boards/{board_id}/events` as `api/boards/${number}/events`. */
type Filled<P extends string> = P extends `${infer Head}{${string}}${infer Tail}`
  ? `${Head}${number}${Filled<Tail>}`
  : P
type Relative<P extends string> = P extends `/${infer Rest}` ? Rest : P

type Calls = { [P in keyof paths & string as Relative<Filled<P>>]: paths[P] }

type WithoutQuery<P extends string> = P extends `${infer Head}?${string}` ? Head : P

type Operation<M extends string, P extends string> =
  WithoutQuery<P> extends keyof Calls
    ? Calls[WithoutQuery<P>][Lowercase<M> & keyof Calls[WithoutQuery<P>]]
    : never

type Success<O> = O extends { responses: infer R }
  ? {
      [S in keyof R & (200 | 201)]: R[S] extends { content: { 'application/json': infer Body } } ? Body : null
    }[keyof R & (200 | 201)]
  : never

/** A path of the API, its ids filled in, with or without a query. */
export type Path = keyof Calls | `${keyof Calls}?${string}`

/** What a successful answer to it holds. */
export type Answered<M extends string, P extends string> = Success<Operation<M, P>>

/** What it takes; undefined: nothing. */
export type Asked<M extends string, P extends string> =
  Operation<M, P> extends {
    requestBody: { content: { 'application/json': infer Body } }
  }
    ? Body
    : undefined
