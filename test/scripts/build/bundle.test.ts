import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundle } from '../../../scripts/build/bundle.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function workspace(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder()
  mkdirSync(join(folder, 'src/deep'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const run = (...args: readonly string[]): string => execFileSync(process.execPath, args, { encoding: 'utf8' })

test('entries stay in their places and share what both import, state included', async () => {
  const folder = workspace({
    'src/state.ts': 'export const state: { count: number } = { count: 0 }',
    'src/one.ts': "import { state } from './state.ts'\nexport const add = (): number => ++state.count",
    'src/deep/two.ts': "import { state } from '../state.ts'\nexport const count = (): number => state.count",
  })
  const [source, to] = [join(folder, 'src'), join(folder, 'dist')]
  await bundle({ source, to, entries: [join(source, 'one.ts'), join(source, 'deep/two.ts')] })
  const script = `const { add } = await import('${to}/one.js'); add(); console.log((await import('${to}/deep/two.js')).count())`
  expect(run('--input-type=module', '-e', script)).toBe('1\n')
  expect(globSync('*', { cwd: join(to, 'deep') })).toEqual(['two.js'])
})

test('a module in a chunk finds files beside the place that it would have by itself', async () => {
  const folder = workspace({
    'src/deep/place.ts': "export const url: string = new URL('beside.txt', import.meta.url).href",
    'src/one.ts': "import { url } from './deep/place.ts'\nconsole.log(url)",
    'src/two.ts': "import { url } from './deep/place.ts'\nconsole.log(url)",
  })
  const [source, to] = [join(folder, 'src'), join(folder, 'dist')]
  await bundle({ source, to, entries: [join(source, 'one.ts'), join(source, 'two.ts')] })
  for (const entry of ['one.js', 'two.js']) expect(run(join(to, entry))).toBe(`file://${to}/deep/beside.txt\n`)
})

test('packages and CommonJS files stay outside; as CommonJS it is one file', async () => {
  const folder = workspace({
    'src/plain.cjs': 'exports.here = __filename',
    'src/one.ts': "import { here } from './plain.cjs'\nimport { basename } from 'node:path'\nexport const name: string = basename(here)",
    'src/deep/start.ts': "import { other } from '../other.ts'\nexport const start = (): string => other",
    'src/other.ts': "export const other = 'other'",
  })
  const [source, to] = [join(folder, 'src'), join(folder, 'dist')]
  await bundle({ source, to, entries: [join(source, 'one.ts')] })
  await bundle({ source, to, entries: [join(source, 'deep/start.ts')], format: 'cjs' })
  writeFileSync(join(to, 'plain.cjs'), 'exports.here = __filename')
  expect(run('--input-type=module', '-e', `console.log((await import('${to}/one.js')).name)`)).toBe('plain.cjs\n')
  expect(run('-p', `require('${to}/deep/start.cjs').start()`)).toBe('other\n')
  expect(existsSync(join(to, 'other.js'))).toBe(false)
})
