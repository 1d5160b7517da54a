import { expect, test } from 'vitest'
import { onlyTaskChanged, tasksOf, withTask } from './tasks'

const text = [
  'Before',
  '- [x] one',
  '  * [ ] two',
  '1. [ ] three',
  '```',
  '- [ ] code',
  '```',
  '- [ ]no gap',
].join('\n')

test('tasks are list items with a box; code is not', () => {
  expect(tasksOf(text).map((task) => [task.words, task.done])).toEqual([
    ['one', true],
    ['two', false],
    ['three', false],
  ])
})

test('checking one changes that line alone', () => {
  const after = withTask(text, 2, true)

  expect(after.split('\n')[2]).toBe('  * [x] two')
  expect(withTask(after, 2, false)).toBe(text)
})

test('a line that is no task stays as it is', () => {
  expect(withTask(text, 5, true)).toBe(text)
  expect(withTask(text, 99, true)).toBe(text)
})

test('one box checked is told from an edit', () => {
  expect(onlyTaskChanged(text, withTask(text, 3, true))).toMatchObject({ words: 'three', done: true })
  expect(onlyTaskChanged(text, text)).toBeUndefined()
  expect(onlyTaskChanged(text, withTask(text, 3, true).replace('one', 'eins'))).toBeUndefined()
  expect(onlyTaskChanged('- [ ] a', '- [x] b')).toBeUndefined()
})
