/** Markdown as React elements, never as HTML: what looks like a tag stays text, and `javascript:` is no link. */

import { type ComponentProps, createContext, useContext } from 'react'
import ReactMarkdown, { type Components, type ExtraProps } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { type Task, tasksOf } from './tasks'

interface Tasks {
  byLine: ReadonlyMap<number, Task>
  onCheck: ((line: number, done: boolean) => void) | undefined
}

const TasksContext = createContext<Tasks>({ byLine: new Map(), onCheck: undefined })
const LineContext = createContext(-1)

function Link({ node: _, href, children, ...rest }: ComponentProps<'a'> & ExtraProps) {
  const external = href !== undefined && new URL(href, document.baseURI).origin !== location.origin
  return (
    <a href={href} {...rest} {...(external ? { target: '_blank', rel: 'noopener noreferrer' } : {})}>
      {children}
    </a>
  )
}

/** Pictures of other servers would tell them who reads: a link, to open when wanted. */
function Picture({ src, alt }: ComponentProps<'img'> & ExtraProps) {
  return typeof src === 'string' && src ? <Link href={src}>{alt || 'picture'}</Link> : <span>{alt}</span>
}

function Item({ node, children, ...rest }: ComponentProps<'li'> & ExtraProps) {
  return (
    <LineContext value={(node?.position?.start.line ?? 0) - 1}>
      <li {...rest}>{children}</li>
    </LineContext>
  )
}

function Box({ node: _, checked }: ComponentProps<'input'> & ExtraProps) {
  const line = useContext(LineContext)
  const { byLine, onCheck } = useContext(TasksContext)
  const task = byLine.get(line)
  return (
    <input
      type="checkbox"
      className="task-box"
      checked={checked ?? false}
      disabled={!onCheck || !task}
      aria-label={task?.words || 'Task'}
      onChange={(event) => onCheck?.(line, event.target.checked)}
    />
  )
}

/** A wide table scrolls by itself, by key too. */
function Table({ node: _, ...rest }: ComponentProps<'table'> & ExtraProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
    <section className="table" tabIndex={0} aria-label="Table">
      <table {...rest} />
    </section>
  )
}

const components: Components = { a: Link, img: Picture, li: Item, input: Box, table: Table }
const plugins = [remarkGfm]

/** `onCheck`: the person may check tasks; the line is the text's, from 0. */
export default function Markdown({
  text,
  onCheck,
}: {
  text: string
  onCheck?: ((line: number, done: boolean) => void) | undefined
}) {
  const byLine = new Map(tasksOf(text).map((task) => [task.line, task]))
  return (
    <TasksContext value={{ byLine, onCheck }}>
      <div className="prose">
        <ReactMarkdown remarkPlugins={plugins} components={components}>
          {text}
        </ReactMarkdown>
      </div>
    </TasksContext>
  )
}
