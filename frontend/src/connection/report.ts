/** What one pastes to whoever runs the server or the proxy: the panel as plain text. */

import type { Hop } from './findings'

export function report(parts: {
  address: string
  at: string
  browser: string
  headline: string
  sub: string
  figures: readonly (readonly [name: string, value: string])[]
  hops: readonly Hop[]
  foot: string
}): string {
  const width = Math.max(...parts.hops.map((hop) => hop.name.length), 0)
  return [
    `Livelane at ${parts.address}, ${parts.at}`,
    parts.browser,
    '',
    parts.headline,
    parts.sub,
    '',
    parts.figures.map(([name, value]) => `${name}: ${value}`).join(' · '),
    ...parts.hops.flatMap((hop) => [
      `${hop.ok === null ? '-   ' : hop.ok ? 'ok  ' : 'look'}  ${hop.name.padEnd(width)}  ${hop.figure}`,
      ...(hop.sentence ? [`      ${hop.sentence}`] : []),
    ]),
    '',
    parts.foot,
  ].join('\n')
}
