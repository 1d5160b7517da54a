// Writes src/api/schema.d.ts from the service's OpenAPI document: `npm run api:types [-- document.json | URL]`.
// With --check it writes nothing and fails when the file is not what it would write.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const target = join(here, '..', '..', 'src', 'api', 'schema.d.ts')
const check = process.argv.includes('--check')
const source = process.argv.slice(2).find((argument) => !argument.startsWith('--'))

/** The document: of a file or an address, else of the service in this checkout, which need not be running. */
async function read() {
  if (source?.startsWith('http')) return await (await fetch(source)).text()
  if (source) return readFileSync(source, 'utf8')
  const own = join(root, '.venv', 'bin', 'python')
  const program = 'import json; from service.api.docs import whole; print(json.dumps(whole()))'
  return execFileSync(existsSync(own) ? own : 'python3', ['-c', program], { cwd: root, encoding: 'utf8' })
}

if (!existsSync(join(here, 'node_modules')))
  execFileSync('npm', ['ci', '--silent'], {
    cwd: here,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
const { default: openapiTS, astToString } = await import('openapi-typescript')
// Examples are for people, who have the documentation page; here they would be nine tenths of the file.
const document = JSON.parse(await read(), (key, value) =>
  key === 'examples' || key === 'example' ? undefined : value,
)
const types = astToString(await openapiTS(document, { alphabetize: true, emptyObjectsUnknown: true }))
const text = `// Made by \`npm run api:types\` from the service's OpenAPI document. Do not edit.\n\n${types}`

if (!check) writeFileSync(target, text)
else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
  console.error('src/api/schema.d.ts is not what the service says: run `npm run api:types`.')
  process.exit(1)
}
