import { afterEach, expect, test, vi } from 'vitest'
import { copy } from './clipboard'

/** What the browser's own command would have put on the clipboard. */
let taken: string | undefined

function browser(clipboard: Partial<Clipboard> | undefined, command: () => boolean): void {
  vi.stubGlobal('navigator', { clipboard })
  document.execCommand = (name) => {
    const field = document.activeElement as HTMLTextAreaElement
    taken = name === 'copy' ? field.value.slice(field.selectionStart, field.selectionEnd) : undefined
    return command()
  }
}

afterEach(() => {
  taken = undefined
  vi.unstubAllGlobals()
  document.body.replaceChildren()
})

test('where scripts have a clipboard, it is used', async () => {
  const writeText = vi.fn(async () => {})
  browser({ writeText }, () => true)
  expect(await copy('llt_secret')).toBe(true)
  expect(writeText).toHaveBeenCalledWith('llt_secret')
  expect(taken).toBeUndefined()
})

test('over plain HTTP there is none: the whole text is selected and copied, and nothing of it stays', async () => {
  document.body.innerHTML = '<dialog open><button>Copy</button></dialog>'
  const button = document.querySelector('button')!
  button.focus()
  browser(undefined, () => true)
  expect(await copy('two\nlines 👩‍🚀')).toBe(true)
  expect(taken).toBe('two\nlines 👩‍🚀')
  expect(document.activeElement).toBe(button)
  expect(document.querySelector('textarea')).toBeNull()
})

test('a clipboard that refuses is no end either', async () => {
  browser({ writeText: () => Promise.reject(new DOMException('', 'NotAllowedError')) }, () => true)
  expect(await copy('text')).toBe(true)
  expect(taken).toBe('text')
})

test('where neither way works it says so', async () => {
  browser(undefined, () => false)
  expect(await copy('text')).toBe(false)
  browser(undefined, () => {
    throw new Error('no such command')
  })
  expect(await copy('text')).toBe(false)
  expect(document.querySelector('textarea')).toBeNull()
})
