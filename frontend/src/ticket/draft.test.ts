import { beforeEach, expect, test } from 'vitest'
import { Drafts } from './draft'
import { begin, type as typing } from './edit'

const edit = typing(begin('was', 3), 'mine')

beforeEach(() => localStorage.clear())

test('a draft is there after a reload', () => {
  new Drafts(1, '/').keep(7, 'description', edit, 5)

  expect(new Drafts(1, '/').read(7, 'description')).toEqual({ text: 'mine', base: 'was', seen: 3, at: 5 })
  expect(new Drafts(1, '/').read(7, 'title')).toBeUndefined()
  expect(new Drafts(1, '/').read(8, 'description')).toBeUndefined()
})

test('nobody finds another person’s draft, nor another product’s', () => {
  new Drafts(1, '/').keep(7, 'description', edit)

  expect(new Drafts(11, '/').read(7, 'description')).toBeUndefined()
  expect(new Drafts(1, '/other/').read(7, 'description')).toBeUndefined()
})

test('half a draft is none', () => {
  new Drafts(1, '/').keep(7, 'title', edit)
  const key = localStorage.key(0)!
  localStorage.setItem(key, '{"text":')

  expect(new Drafts(1, '/').read(7, 'title')).toBeUndefined()
})

test('only what this person left for long is swept', () => {
  const day = 86_400_000
  new Drafts(1, '/').keep(7, 'title', edit, 0)
  new Drafts(1, '/').keep(8, 'title', edit, 20 * day)
  new Drafts(2, '/').keep(7, 'title', edit, 0)

  new Drafts(1, '/').sweep(40 * day)

  expect(new Drafts(1, '/').read(7, 'title')).toBeUndefined()
  expect(new Drafts(1, '/').read(8, 'title')).toBeDefined()
  expect(new Drafts(2, '/').read(7, 'title')).toBeDefined()
})

test('a browser that keeps nothing says so', () => {
  const full = {
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError')
    },
  } as unknown as Storage

  expect(new Drafts(1, '/', full).keep(7, 'title', edit)).toBe(false)
})
