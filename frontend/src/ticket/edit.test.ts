import { expect, test } from 'vitest'
import { begin, changed, isDirty, type Theirs, type as typing, useMine } from './edit'

const iris: Theirs = {
  text: 'theirs',
  version: 4,
  by: { id: 3, name: 'Iris' },
  via: 'rest',
  at: '2026-11-23T14:01:00Z',
}

test('without a word typed the field follows what others write', () => {
  expect(changed(begin('was', 3), iris)).toEqual(begin('theirs', 4))
})

test('with words typed both texts stand until the person chooses', () => {
  const edit = changed(typing(begin('was', 3), 'mine'), iris)

  expect(edit).toMatchObject({ text: 'mine', theirs: iris })
  expect(useMine(edit)).toEqual({ text: 'mine', base: 'theirs', seen: 4 })
})

test('the newest of their changes is the one to choose against', () => {
  const edit = changed(changed(typing(begin('was', 3), 'mine'), iris), { ...iris, text: 'again', version: 5 })

  expect(edit.theirs?.text).toBe('again')
})

test('writing the same words is no conflict', () => {
  expect(changed(typing(begin('was', 3), 'theirs'), iris)).toEqual(begin('theirs', 4))
  expect(typing(changed(typing(begin('was', 3), 'mine'), iris), 'theirs').theirs).toBeUndefined()
})

test('a change taken back leaves nothing to choose', () => {
  const edit = changed(changed(typing(begin('was', 3), 'mine'), iris), { ...iris, text: 'was', version: 5 })

  expect(edit).toEqual({ text: 'mine', base: 'was', seen: 5 })
})

test('the same value at a version already seen changes nothing', () => {
  const edit = typing(begin('was', 3), 'mine')

  expect(changed(edit, { ...iris, text: 'was', version: 3 })).toBe(edit)
  expect(isDirty(edit)).toBe(true)
})
