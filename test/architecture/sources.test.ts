import { expect, test } from 'vitest'
import { importsOf, projectFiles, readProjectFile, workspaces } from '../support/sources.ts'

const files = projectFiles()
const sources = files.filter((path) => workspaces.some((workspace) => path.startsWith(`${workspace}/src/`)) && /\.(ts|js|mjs)$/.test(path))
const tests = new Set(files.filter((path) => path.startsWith('test/')))

const MAX_LINES = 450

/**
 * Sources that have no test file of their own, with the reason. The list only gets shorter: an entry that has a test by now, or whose
 * file is gone, fails as well.
 */
const untested: Readonly<Record<string, string>> = {}

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
function hasTest(path: string): boolean {
  const stem = `test/${path.replace('/src/', '/').replace(/\.\w+$/, '')}`
  if (tests.has(`${stem}.test.ts`) || tests.has(`${stem}.process.test.ts`)) return true
  return [...tests].some((file) => file.startsWith(`${stem}.`) && file.endsWith('.test.ts')) || testedByOthers.has(path)
}

/** A source that a test file imports by its path is tested there. */
const testedByOthers = new Set(
  [...tests]
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => importsOf(readProjectFile(file)).map((specifier) => new URL(specifier, `file:///${file}`).pathname.slice(1))),
)

test('every source with logic has a test', () => {
  const missing = sources.filter((path) => !needsNoTest(path) && !hasTest(path) && !Object.hasOwn(untested, path))
  expect(missing).toEqual([])
})

test('the list of sources without a test holds no more than it must', () => {
  expect(Object.keys(untested).filter((path) => !sources.includes(path) || hasTest(path))).toEqual([])
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

test('every error code has the prefix and stands in one table only', () => {
  const tables = sources.filter((path) => path.endsWith('errors.ts') && path !== 'agent/src/contract/errors.ts')
  const codes = tables.flatMap((path) =>
    [...readProjectFile(path).matchAll(/^ {2}([A-Z][A-Z0-9_]+):\s*['"`]/gm)].map(([, code]) => code ?? ''),
  )
  expect(codes.length).toBeGreaterThan(5)
  expect(codes.filter((code) => !code.startsWith('SPY_'))).toEqual([])
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([])
})

test('shipped code throws no bare Error', () => {
  const wrong = sources.filter((path) => /\bthrow new (Error|TypeError|RangeError)\(/.test(readProjectFile(path)))
  expect(wrong).toEqual([])
})
