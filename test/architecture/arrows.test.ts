import { dirname, join, normalize } from 'node:path/posix'
import { expect, test } from 'vitest'
import { importsOf, projectFiles, readProjectFile, type Workspace, workspaceOf } from '../support/sources.ts'

/** Which workspaces a workspace may import, and by which doors. */
const arrows: Readonly<Record<Workspace, RegExp>> = {
  agent: /^$/,
  'agent/mbeans': /^@spyglass\/agent\/(contract|redact|registry|runtime-metrics)$/,
  'runtime/process': /^@spyglass\/(agent\/(contract|redact|registry|runtime-metrics|tls-trust)|mbeans\/kinds)$/,
  dashboards: /^@spyglass\/(agent\/contract|mbeans\/kinds)$/,
  collector: /^@spyglass\/((agent|process)(\/.+)?|dashboards|mbeans\/kinds)$/,
  'snmp-bridge': /^@spyglass\/((agent|process)(\/.+)?|mbeans\/kinds)$/,
  runtime: /^@spyglass\/(agent|mbeans|process)(\/.+)?$/,
}

interface Import {
  readonly file: string
  readonly specifier: string
}

const sources = projectFiles().filter(
  (path) => /^([^/]+\/){1,2}src\/.+\.(ts|mts|js|mjs)$/.test(path) || /^examples\/[^/]+\/.+\.(ts|js|mjs)$/.test(path),
)
const imports: readonly Import[] = sources.flatMap((file) => importsOf(readProjectFile(file)).map((specifier) => ({ file, specifier })))

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
    const home = workspaceOf(file) ?? file.split('/')[0]
    return !normalize(join(dirname(file), specifier)).startsWith(`${home}/`)
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

test('the agent imports no package but the OpenTelemetry that an application brings', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    if (workspaceOf(file) !== 'agent') return false
    return (
      !/^(\.|node:|@opentelemetry\/api$)/.test(specifier) &&
      !(file.startsWith('agent/src/sdk-node/') && specifier === '@opentelemetry/sdk-node')
    )
  })
  expect(wrong.map(shown)).toEqual([])
})

test('relative imports end in the name of the file', () => {
  const wrong = imports.filter(({ specifier }) => specifier.startsWith('.') && !/\.(ts|js|mjs|cjs|json|css)$/.test(specifier))
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
