import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Id } from '../sync'
import { afterAt, afterStep, between, isSamePlace, positionOf } from './places'

/** What the server makes of `after`. */
function moved(all: readonly Id[], after: Id | null | undefined, moving: readonly Id[]): Id[] {
  const rest = all.filter((id) => !moving.includes(id))
  const index = after === undefined ? rest.length : after === null ? 0 : rest.indexOf(after) + 1
  return [...rest.slice(0, index), ...moving, ...rest.slice(index)]
}

const lists = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 })

describe('afterAt', () => {
  test('puts what is moved at the index that was pointed at, whatever else is hidden', () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.nat(), fc.array(fc.boolean()), (all, pick, at, hide) => {
        const id = all[pick % all.length]!
        const shown = all.filter((each, n) => each === id || !hide[n])
        const others = shown.filter((each) => each !== id)
        const index = at % (others.length + 1)
        const after = afterAt(all, shown, index, new Set([id]))
        const result = moved(all, after, [id]).filter((each) => shown.includes(each))
        expect(result.indexOf(id)).toBe(index)
        expect(result.filter((each) => each !== id)).toEqual(others)
      }),
    )
  })

  test('at the bottom of a full list means last, whoever comes meanwhile', () => {
    expect(afterAt([1, 2, 3], [1, 2, 3], 2, new Set([1]))).toBeUndefined()
  })

  test('below the last shown stays above what the filter hides', () => {
    expect(afterAt([1, 2, 3], [1, 2], 2, new Set([9]))).toBe(2)
  })
})

test('positionOf counts as the drop line says it', () => {
  expect(positionOf([1, 2, 3], 1, new Set([9]))).toEqual({ position: 2, of: 4 })
  expect(positionOf([1, 2, 3], null, new Set([3]))).toEqual({ position: 1, of: 3 })
  expect(positionOf([1, 2, 3], undefined, new Set([1]))).toEqual({ position: 3, of: 3 })
})

test('isSamePlace knows a drop that changes nothing', () => {
  expect(isSamePlace([1, 2, 3], 1, [2])).toBe(true)
  expect(isSamePlace([1, 2, 3], null, [1, 2])).toBe(true)
  expect(isSamePlace([1, 2, 3], undefined, [2])).toBe(false)
  expect(isSamePlace([1, 2, 3], undefined, [4])).toBe(false)
})

describe('afterStep', () => {
  test('steps over the neighbour that is shown', () => {
    expect(moved([1, 2, 3], afterStep([1, 2, 3], [1, 2, 3], [2], -1)!.after, [2])).toEqual([2, 1, 3])
    expect(moved([1, 2, 3, 4], afterStep([1, 2, 3, 4], [1, 4], [1], 1)!.after, [1])).toEqual([2, 3, 4, 1])
  })

  test('has nowhere to go at either end', () => {
    expect(afterStep([1, 2], [1, 2], [1], -1)).toBeUndefined()
    expect(afterStep([1, 2], [1, 2], [2], 1)).toBeUndefined()
  })

  test('gathers a scattered selection first', () => {
    expect(moved([1, 2, 3], afterStep([1, 2, 3], [1, 2, 3], [1, 3], 1)!.after, [1, 3])).toEqual([1, 3, 2])
  })
})

test('between takes both ends, in either direction', () => {
  expect(between([1, 2, 3, 4], 3, 1)).toEqual([1, 2, 3])
  expect(between([1, 2, 3, 4], 9, 2)).toEqual([2])
  expect(between([1, 2, 3, 4], 1, 9)).toEqual([])
})
