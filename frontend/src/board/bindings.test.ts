import { expect, test } from 'vitest'
import { keyNames, keysOf } from '../ui/keys'
import { bindings, isSingle } from './bindings'

test('no two commands share a key', () => {
  const keys = bindings.flatMap((binding) => binding.keys)
  expect(new Set(keys).size).toBe(keys.length)
})

test('every shortcut of the sheet has a name for each of its caps', () => {
  for (const binding of bindings)
    for (const keys of binding.keys) expect(keyNames(keys).every(Boolean)).toBe(true)
})

test('only letters and signs count as single keys', () => {
  expect(['c', '?', '/', 'Shift+x'].every(isSingle)).toBe(true)
  expect(['Mod+k', 'Delete', 'ArrowUp', 'Shift+ArrowUp', 'F2', 'Escape'].some(isSingle)).toBe(false)
})

const plain = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }

test.each([
  [{ ...plain, key: 'C' }, 'c'],
  [{ ...plain, key: '?', shiftKey: true }, '?'],
  [{ ...plain, key: 'X', shiftKey: true }, 'Shift+x'],
  [{ ...plain, key: 'ArrowRight', shiftKey: true }, 'Shift+ArrowRight'],
  [{ ...plain, key: 'Z', ctrlKey: true, shiftKey: true }, 'Mod+Shift+z'],
  [{ ...plain, key: 'F2' }, 'F2'],
])('%j is %s', (event, keys) => {
  expect(keysOf(event)).toBe(keys)
})
