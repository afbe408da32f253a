import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { agentSettings } from '../../agent/src/settings/settings.ts'
import { events, otelNameOf, prometheusNameOf, isMetric, tables } from '@spyglass/agent/contract'
import { allDeclaredKinds } from '@spyglass/mbeans/kinds'
import { declaredSettings } from '@spyglass/process/settings'
import { expect, test } from 'vitest'
import { commands } from '../../runtime/src/cli/commands.ts'
import { allSecrets } from '../../scripts/docs/configuration.ts'
import { allErrors } from '../../scripts/docs/errors.ts'
import { code, document, section, table } from '../../scripts/docs/markdown.ts'
import { declarationOf, pageFormatDocument } from '../../scripts/docs/page-format.ts'
import { mibRevisionFile, renderMibRevision } from '../../scripts/docs/mib-revision.ts'
import { renderDocuments } from '../../scripts/docs/documents.ts'
import { projectFiles, readProjectFile, ROOT, withoutComments, workspaceOf } from '../support/sources.ts'

const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'))
const allText = docs.map((path) => readFileSync(join(ROOT, 'docs', path), 'utf8')).join('\n')
const handWritten = [
  ...docs.filter((path) => !path.startsWith('reference/')).map((path) => `docs/${path}`),
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
]

const shownCommands = commands.filter(({ isInternal }) => !isInternal)

test('the reference documents are those that `npm run docs` writes', async () => {
  for (const [name, text] of Object.entries(await renderDocuments())) {
    const file = join(ROOT, 'docs/reference', name)
    expect(existsSync(file) ? readFileSync(file, 'utf8') : '', `docs/reference/${name} is stale: npm run docs`).toBe(text)
  }
})

test('the date of SPYGLASS-MIB is that of its content', () => {
  expect(readFileSync(join(ROOT, mibRevisionFile), 'utf8'), `${mibRevisionFile} is stale: npm run docs`).toBe(renderMibRevision())
})

test('there is no reference document that nothing generates', async () => {
  const generated = Object.keys(await renderDocuments())
  expect(readdirSync(join(ROOT, 'docs/reference')).filter((name) => !generated.includes(name))).toEqual([])
})

test('every declared name is in the docs', async () => {
  const names = [
    ...declaredSettings().map(({ path }) => path),
    ...(await allErrors()).map((error) => error.code),
    ...Object.keys(events),
    ...Object.keys(tables),
    ...shownCommands.map(({ name }) => name),
    ...shownCommands.flatMap(({ options }) => Object.keys(options).map((option) => `--${option}`)),
    ...Object.values<{ env: string }>(agentSettings).map(({ env }) => env),
    ...allDeclaredKinds.flatMap((kind) =>
      Object.keys(kind.attributes).flatMap((attribute) =>
        isMetric(kind, attribute) ? [otelNameOf(kind, attribute), prometheusNameOf(kind, attribute)] : [],
      ),
    ),
  ]
  expect(names.length).toBeGreaterThan(200)
  expect(names.filter((name) => !allText.includes(`\`${name}`) && !allText.includes(`## ${name}`))).toEqual([])
})

test('an error code is declared once: it has one meaning', async () => {
  const codes = (await allErrors()).map((error) => error.code)
  expect(codes.filter((found, index) => codes.indexOf(found) !== index)).toEqual([])
})

test('every error code in the sources is declared', async () => {
  const declared = new Set((await allErrors()).map((error) => error.code))
  const sources = projectFiles().filter((path) => workspaceOf(path) !== undefined && /\/src\/.+\.(ts|js)$/.test(path))
  const named = sources.flatMap((path) => {
    const literals = withoutComments(readProjectFile(path)).matchAll(/['"`](SPY_[A-Z\d_]+)\b/g)
    return [...literals].map(([, found = '']) => [path, found] as const)
  })
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter(([, found]) => !declared.has(found))).toEqual([])
})

test('error codes and settings named in documents written by hand exist', async () => {
  const codes = new Set((await allErrors()).map((error) => error.code))
  const settings = [...declaredSettings().map(({ path }) => path.replaceAll('[]', '')), ...allSecrets()]
  const groups = new Set<string | undefined>(settings.map((path) => path.split('.')[0]))
  for (const path of handWritten) {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const unknownCodes = [...text.matchAll(/\bSPY_[A-Z_]+\b/g)].map(([found]) => found).filter((found) => !codes.has(found))
    const named = [...text.matchAll(/`([a-z][A-Za-z]*(?:\.[a-zA-Z]+)+)`/g)].map(([, found = '']) => found)
    const unknownSettings = named.filter(
      (found) =>
        groups.has(found.split('.')[0]) &&
        isSettingLike(found) &&
        !settings.some((path_) => path_ === found || path_.startsWith(`${found}.`)),
    )
    expect([path, ...unknownCodes, ...unknownSettings]).toEqual([path])
  }
})

/** File names look like settings but are none. */
const isSettingLike = (text: string): boolean => !/\.(ts|js|mjs|md|yaml|json|log)$/.test(text)

test('every link between documents leads to a file', () => {
  const broken = handWritten.flatMap((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
    return targets.filter((target) => !existsSync(join(ROOT, normalize(join(dirname(path), target))))).map((target) => `${path}: ${target}`)
  })
  expect(broken).toEqual([])
})

test('every place in the source that the architecture page names is there', () => {
  const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
  const named = [...text.matchAll(/`((?:agent|runtime|collector|snmp-bridge|dashboards|test)\/[\w./-]*)`/g)].map(([, found = '']) => found)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((found) => !existsSync(join(ROOT, found)))).toEqual([])
})

test('the format of pages is taken from the source, and nothing of it is missing', () => {
  expect(declarationOf('export interface A {\n  a: string\n}\nexport interface AB {\n}', 'A')).toBe('export interface A {\n  a: string\n}')
  for (const member of ['incidentId', 'holders', 'location', 'changes', 'link'])
    expect(pageFormatDocument()).toContain(`readonly ${member}`)
})

test('tables escape what would break them', () => {
  expect(table(['a'], [['x | y\nz']])).toBe('| a |\n| --- |\n| x \\| y z |')
  expect(document('T', 'i', [section('S', 'p')])).toContain('# T\n\ni\n\n## S\n\np\n')
  expect([code('x'), code('')]).toEqual(['`x`', ''])
})
