import { dirname, join, normalize } from 'node:path/posix'
import { expect, test } from 'vitest'
import { importsOf, packageNameOf, projectFiles, readProjectFile, workspaceOf, workspaces } from '../support/sources.ts'

const files = projectFiles()
const sources = files.filter((path) => workspaces.some((workspace) => path.startsWith(`${workspace}/src/`)) && /\.(ts|js|mjs)$/.test(path))
const tests = new Set(files.filter((path) => path.startsWith('test/') && path.endsWith('.ts')))

const MAX_LINES = 450

/**
 * Sources that have no test file of their own, with the reason. The list only gets shorter: an entry that has a test by now, or whose
 * file is gone, fails as well.
 */
const untested: Readonly<Record<string, string>> = {
  'collector/src/store/process.ts': 'wires the store; every process test of the store starts it',
  'runtime/src/application/cluster-worker.ts': 'runs in workers alone; test/e2e/cluster.test.ts forks them',
  'runtime/src/cli/spyglass.ts': 'the command line itself; end-to-end tests start it',
  'runtime/src/instance/resources.ts': 'registers getters; test/e2e/first-use.test.ts reads them by SNMP and Jolokia',
  'runtime/src/holder/run-holder.ts': 'starts holder and decider, which have tests; test/e2e/decider.test.ts kills both',
  'runtime/src/management/management.ts': 'wires the parts, which have tests; every end-to-end test starts it',
}

/** Files that hold no logic: exports only, types only, tables of texts, and mains that end-to-end tests start. */
function needsNoTest(path: string): boolean {
  if (/(^|\/)(index|errors)\.ts$/.test(path) || path.endsWith('.d.ts') || path.endsWith('-main.ts')) return true
  return !/\b(function|class|=>)/.test(withoutTypes(readProjectFile(path)))
}

function withoutTypes(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^(export )?interface [\s\S]*?^\}/gm, '')
    .replaceAll(/^(export )?type [\s\S]*?(?=^\S|$(?![\s\S]))/gm, '')
}

/** `agent/src/sql/normalise.ts` → `test/agent/sql/normalise.test.ts`, or one that ends in `.process.test.ts` or adds a topic. */
function hasMirror(path: string): boolean {
  const stem = `test/${path.replace('/src/', '/').replace(/\.\w+$/, '')}`
  return [...tests].some((file) => file.startsWith(`${stem}.`) && file.endsWith('.test.ts'))
}

const importedFiles = (file: string): string[] =>
  importsOf(readProjectFile(file))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(dirname(file), specifier)))

/** Sources that declare what a test imports by a workspace's door. */
function importedByDoor(file: string): string[] {
  const imports = [...readProjectFile(file).matchAll(/import \{([^}]*)\} from '(@spyglass\/[a-z-]+)[^']*'/g)]
  const names = imports.flatMap(([, list = '', from = '']) =>
    list
      .split(',')
      .map((name) => name.trim().split(' ')[0] ?? '')
      .filter((name) => name !== '' && name !== 'type')
      .map((name) => `${from} ${name}`),
  )
  return names.flatMap((name) => declarations.get(name) ?? [])
}

function packageOf(path: string): string {
  const workspace = workspaceOf(path)
  return workspace === undefined ? '' : packageNameOf(workspace)
}

/** `@spyglass/agent objectNameOf` → the files that declare it. */
const declarations = new Map<string, string[]>()
for (const path of sources) {
  for (const [, name] of readProjectFile(path).matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)) {
    const key = `${packageOf(path)} ${name}`
    declarations.set(key, [...(declarations.get(key) ?? []), path])
  }
}

/**
 * A source is tested by its mirror or by a test that imports it, and so are the parts of its own folder that it is made of: a folder is
 * one concept, and a part that only its neighbours know is tested through them.
 */
function testedSources(): Set<string> {
  const direct = [...tests].flatMap((file) => [...importedFiles(file), ...importedByDoor(file)])
  const tested = new Set([...sources.filter(hasMirror), ...direct])
  for (const path of tested) {
    if (!sources.includes(path)) continue
    for (const part of importedFiles(path)) if (dirname(part) === dirname(path)) tested.add(part)
  }
  return tested
}

const tested = testedSources()

test('every source with logic has a test', () => {
  const missing = sources.filter((path) => !needsNoTest(path) && !tested.has(path) && !Object.hasOwn(untested, path))
  expect(missing).toEqual([])
})

test('the list of sources without a test holds no more than it must', () => {
  expect(Object.keys(untested).filter((path) => !sources.includes(path) || tested.has(path))).toEqual([])
})

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const long = sources.filter((path) => readProjectFile(path).split('\n').length > MAX_LINES)
  expect(long).toEqual([])
})

test('there is no folder for things that have no home', () => {
  expect(sources.filter((path) => /\/(common|shared|utils?|helpers?|misc)(\/|\.ts$)/.test(path))).toEqual([])
})

test('files are named in kebab case', () => {
  expect(sources.filter((path) => !/\/[a-z0-9]+(-[a-z0-9]+)*(\.gen|\.d)?\.(ts|js|mjs)$/.test(path))).toEqual([])
})

test('every error code has the prefix, and stands once in its workspace', () => {
  const tables = sources.filter((path) => path.endsWith('errors.ts') && path !== 'agent/src/contract/errors.ts')
  const codes = tables.flatMap((path) =>
    [...readProjectFile(path).matchAll(/^ {2}([A-Z][A-Z0-9_]+):\s*['"`]/gm)].map(([, code]) => `${packageOf(path)} ${code}`),
  )
  expect(codes.length).toBeGreaterThan(20)
  expect(codes.filter((code) => !code.includes(' SPY_'))).toEqual([])
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([])
})

test('shipped code throws no bare Error', () => {
  const wrong = sources.filter((path) => /\bthrow new (Error|TypeError|RangeError)\(/.test(readProjectFile(path)))
  expect(wrong).toEqual([])
})

const SUPPRESSION = /((?:oxlint|eslint)-disable(?:-next-line|-line)?|@ts-(?:expect-error|ignore|nocheck)|(?:v8|c8|istanbul) ignore)\b(.*)/

const suppressions = files
  .filter((path) => /\.(ts|js|mjs|cjs)$/.test(path) && path !== 'test/architecture/sources.test.ts')
  .flatMap((path) =>
    readProjectFile(path)
      .split('\n')
      .map((line) => ({ path, rest: SUPPRESSION.exec(line)?.[2] })),
  )
  .filter(({ rest }) => rest !== undefined)

test('every suppression of a lint, type or coverage finding gives its reason', () => {
  expect(suppressions.filter(({ rest = '' }) => !/--\s*\S+|:\s*\S+/.test(rest)).map(({ path }) => path)).toEqual([])
})

/** The ratchet: this number falls with each suppression that goes, and a change that raises it explains itself to the reader. */
const SUPPRESSIONS = 10

test('the number of suppressions only falls', () => {
  expect(suppressions.length, 'more than before: fix the finding instead; fewer: lower SUPPRESSIONS').toBe(SUPPRESSIONS)
})

test('limits are named MAX_ and MIN_', () => {
  const other = /\b(MOST|LONGEST|LARGEST|GREATEST|HIGHEST|LEAST|SMALLEST|FEWEST|LOWEST|SHORTEST)_[A-Z]/
  expect(sources.filter((path) => other.test(readProjectFile(path)))).toEqual([])
})

/** Words that once meant several things, and where they may stand now. The glossary says what they mean. */
const words: Readonly<Record<string, RegExp>> = {
  slot: /^(runtime\/src\/(keeper|cli)|agent\/mbeans\/src\/kinds)\//,
}

test.each(Object.entries(words))('%s means one thing', (word, home) => {
  const templates = files.filter((path) => /^dashboards\/.+\.hbs$/.test(path))
  const named = new RegExp(String.raw`(\b|[a-z#])${word}s?(\b|[A-Z])`, 'i')
  expect([...sources, ...templates].filter((path) => !home.test(path) && named.test(readProjectFile(path)))).toEqual([])
})
