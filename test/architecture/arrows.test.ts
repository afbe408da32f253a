import { dirname, join, normalize } from 'node:path/posix'
import { expect, test } from 'vitest'
import { importsOf, projectFiles, readProjectFile, type Workspace, workspaces } from '../support/sources.ts'

/** Which workspaces a workspace may import, and by which doors. */
const arrows: Readonly<Record<Workspace, RegExp>> = {
  agent: /^$/,
  dashboards: /^@spyglass\/agent\/contract$/,
  collector: /^@spyglass\/(agent(\/.+)?|dashboards)$/,
  'snmp-bridge': /^@spyglass\/agent(\/.+)?$/,
  runtime: /^@spyglass\/agent(\/.+)?$/,
}

interface Import {
  readonly file: string
  readonly specifier: string
}

const sources = projectFiles().filter(
  (path) => /^[^/]+\/src\/.+\.(ts|mts|js|mjs)$/.test(path) || /^examples\/[^/]+\/.+\.(ts|js|mjs)$/.test(path),
)
const imports: readonly Import[] = sources.flatMap((file) => importsOf(readProjectFile(file)).map((specifier) => ({ file, specifier })))

const workspaceOf = (file: string): Workspace | undefined => workspaces.find((workspace) => file.startsWith(`${workspace}/`))
const shown = ({ file, specifier }: Import): string => `${file} imports ${specifier}`

test('the sources are found and their imports are read', () => {
  expect(sources.length).toBeGreaterThan(50)
  expect(imports.length).toBeGreaterThan(100)
})

test('workspaces import only those that the arrows allow, by their doors', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    const workspace = workspaceOf(file)
    return workspace !== undefined && specifier.startsWith('@spyglass/') && !arrows[workspace].test(specifier)
  })
  expect(wrong.map(shown)).toEqual([])
})

test('no relative import leaves its workspace', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    if (!specifier.startsWith('.')) return false
    const [workspace = ''] = file.split('/')
    return !normalize(join(dirname(file), specifier)).startsWith(`${workspace}/`)
  })
  expect(wrong.map(shown)).toEqual([])
})

test('the contract imports nothing from outside itself', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    if (!file.startsWith('agent/src/contract/')) return false
    return !specifier.startsWith('.') || !normalize(join(dirname(file), specifier)).startsWith('agent/src/contract/')
  })
  expect(wrong.map(shown)).toEqual([])
})

test('the agent does not load the configuration parser; our own processes do', () => {
  const wrong = imports.filter(
    ({ file, specifier }) => /^agent\/src\/(?!config\/|own-process\/)/.test(file) && /^(zod|yaml)$|\/config\/index\.ts$/.test(specifier),
  )
  expect(wrong.map(shown)).toEqual([])
})

test('relative imports end in the name of the file', () => {
  const wrong = imports.filter(({ specifier }) => specifier.startsWith('.') && !/\.(ts|js|mjs|json|css)$/.test(specifier))
  expect(wrong.map(shown)).toEqual([])
})

test.each([
  ["import a from 'x'\nimport { b,\n c } from './y.ts'", ['x', './y.ts']],
  ["import type { T } from './t.ts'\nexport * from './u.ts'\nimport './side.ts'", ['./t.ts', './u.ts', './side.ts']],
  ["const m = await import('./dynamic.ts')", ['./dynamic.ts']],
  ["// import x from './comment.ts'\n/* import y from './comment.ts' */", []],
])('imports of every form are read: %j', (text, expected) => {
  expect(importsOf(text).sort()).toEqual(expected.sort())
})
