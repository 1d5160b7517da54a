/** Checkboxes written in markdown: `- [ ] ask the crew`. */

export interface Task {
  /** Line in the text, from 0. */
  line: number
  done: boolean
  words: string
}

const TASK = /^(\s*(?:>\s*)*(?:[-*+]|\d{1,9}[.)])\s+)\[([ xX])\](\s+)(.*)$/
const FENCE = /^\s*(?:>\s*)*(`{3,}|~{3,})/

/** The tasks of a text, top to bottom; what stands in a fenced block is code. */
export function tasksOf(text: string): Task[] {
  const tasks: Task[] = []
  let fence: string | undefined
  text.split('\n').forEach((content, line) => {
    const mark = FENCE.exec(content)?.[1]
    if (fence) {
      if (mark?.startsWith(fence)) fence = undefined
      return
    }
    if (mark) {
      fence = mark
      return
    }
    const task = TASK.exec(content)
    if (task) tasks.push({ line, done: task[2] !== ' ', words: task[4]! })
  })
  return tasks
}

/** The text with the task on `line` checked or not; the text itself when no task stands there (any more). */
export function withTask(text: string, line: number, done: boolean): string {
  const lines = text.split('\n')
  const content = lines[line]
  if (content === undefined || !tasksOf(text).some((task) => task.line === line)) return text
  lines[line] = content.replace(
    TASK,
    (_, lead, _mark, gap, words) => `${lead}[${done ? 'x' : ' '}]${gap}${words}`,
  )
  return lines.join('\n')
}

/** The one task that alone differs between two texts, as it is in `after`; undefined when anything else differs. */
export function onlyTaskChanged(before: string, after: string): Task | undefined {
  const a = before.split('\n')
  const b = after.split('\n')
  if (a.length !== b.length) return undefined
  const lines = b.flatMap((content, line) => (content === a[line] ? [] : [line]))
  if (lines.length !== 1) return undefined
  const task = tasksOf(after).find((each) => each.line === lines[0])
  return task && withTask(after, task.line, !task.done).toLowerCase() === before.toLowerCase()
    ? task
    : undefined
}
