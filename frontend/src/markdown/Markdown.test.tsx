import { cleanup, fireEvent, render } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import Markdown from './Markdown'

afterEach(cleanup)

test.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[press](javascript:alert(1))',
  '[press](  JaVaScRiPt:alert(1))',
  '[press](data:text/html,<script>alert(1)</script>)',
  '<a href="javascript:alert(1)">press</a>',
  '![x](javascript:alert(1))',
  '<iframe src="https://example.org"></iframe>',
  '<svg/onload=alert(1)>',
])('%s does nothing', (text) => {
  const { container } = render(<Markdown text={text} />)

  expect(container.querySelector('script, img, iframe, svg, [onerror], [onload]')).toBeNull()
  for (const link of container.querySelectorAll('a')) expect(link.getAttribute('href') ?? '').toBe('')
})

test('a link to elsewhere opens apart and tells it nothing', () => {
  const { getByText } = render(<Markdown text="[there](https://example.org/a)" />)

  expect(getByText('there').getAttribute('rel')).toBe('noopener noreferrer')
  expect(getByText('there').getAttribute('target')).toBe('_blank')
})

test('no picture is fetched: it is a link', () => {
  const { container, getByText } = render(<Markdown text="![the quay](https://example.org/a.png)" />)

  expect(container.querySelector('img')).toBeNull()
  expect(getByText('the quay').getAttribute('href')).toBe('https://example.org/a.png')
})

test('a box tells which line of the text it stands on', () => {
  const onCheck = vi.fn()
  const text = 'Intro\n\n- [x] one\n- [ ] two\n  - [ ] three'
  const { getByRole } = render(<Markdown text={text} onCheck={onCheck} />)

  fireEvent.click(getByRole('checkbox', { name: 'three' }))
  fireEvent.click(getByRole('checkbox', { name: 'one' }))

  expect(onCheck.mock.calls).toEqual([
    [4, true],
    [2, false],
  ])
})

test('who may only view cannot check', () => {
  const { getByRole } = render(<Markdown text="- [ ] one" />)

  expect((getByRole('checkbox') as HTMLInputElement).disabled).toBe(true)
})
