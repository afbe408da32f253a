/**
 * `npm run build [-- WORKSPACE…]`: dist/ of each workspace, which is what its package holds. Each `prepack` runs it too. A dist is
 * replaced whole, so that nothing of an older build stays in it. `--programs`: JavaScript alone, of what is older than its sources; that is what a
 * checkout runs.
 */
import { copyFileSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './run-program.ts'

interface Workspace {
  /** Modules that are started or loaded by their path, beside the doors of the package and all `*-main.ts`. */
  readonly entries?: readonly string[]
  /** An application waits for this module before it starts itself: one CommonJS file, since modules make views of all of Node's own that they import. */
  readonly preloaded?: string
  /** Files that are taken as they are, from a folder beside dist. */
  readonly copied?: { readonly from: string; readonly files: string }
  /** Applications install it: without white space. */
  readonly compact?: true
  /** Folder of the pages, which are compiled by themselves. */
  readonly browser?: string
}

/** In the order of their imports: each has its types compiled against those before it. */
const workspaces: Readonly<Record<string, Workspace>> = {
  agent: {
    entries: ['explain/statement-control.ts'],
    preloaded: 'agent/start.ts',
    copied: { from: 'src', files: '**/*.{cjs,d.cts}' },
    compact: true,
  },
  'agent/mbeans': {},
  'runtime/process': {},
  dashboards: { copied: { from: '../docs', files: 'runbooks/*.md' } },
  collector: { browser: 'console/browser' },
  'snmp-bridge': {},
  runtime: { entries: ['cli/spyglass.ts', 'datasource/sqlite-worker.ts'] },
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const given = process.argv.slice(2)
const isProgramsOnly = given.includes('--programs')
const wanted = given.filter((argument) => argument !== '--programs')
const unknown = wanted.filter((name) => !Object.hasOwn(workspaces, name))
if (unknown.length > 0) say(`no such workspace: ${unknown.join(', ')}. Available: ${Object.keys(workspaces).join(', ')}.`)
process.exitCode = unknown.length === 0 && (await buildAll()) ? 0 : 1

/** Those named, and before them those they may import whose dist is missing or older than its source. Stops at the first that fails. */
async function buildAll(): Promise<boolean> {
  const names = Object.keys(workspaces)
  const end = wanted.length === 0 ? names.length : Math.max(...wanted.map((name) => names.indexOf(name))) + 1
  for (const name of names.slice(0, end)) {
    const isAsked = wanted.length === 0 ? !isProgramsOnly : wanted.includes(name)
    if (!isAsked && isCurrent(join(root, name), workspaces[name] ?? {})) continue
    const started = performance.now()
    if (!(await build(join(root, name), workspaces[name] ?? {}))) return false
    if (isAsked) say(`${name}/dist (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  }
  return true
}

/** Folders count as well: theirs is the time when a source was removed. */
function isCurrent(folder: string, { copied }: Workspace): boolean {
  const built = statSync(join(folder, 'dist'), { throwIfNoEntry: false })
  const needed = isProgramsOnly ? [] : Object.values(doorsOf(folder)).map(({ types }) => join(folder, types))
  const isThere = needed.every((file) => statSync(file, { throwIfNoEntry: false }))
  if (!built || !isThere) return false
  const from = globSync(['src/**', 'package.json', ...(copied ? [join(copied.from, copied.files)] : [])], { cwd: folder })
  const how = ['scripts/build.ts', 'scripts/build/bundle.ts'].map((file) => join(root, file))
  return [...from.map((file) => join(folder, file)), ...how].every((file) => statSync(file).mtimeMs <= built.mtimeMs)
}

interface Door {
  readonly 'spyglass-source': string
  readonly types: string
}

/** What a package lets others import. */
function doorsOf(folder: string): Readonly<Record<string, Door>> {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports?: Record<string, Door> }).exports ?? {}
}

async function build(folder: string, workspace: Workspace): Promise<boolean> {
  const fresh = join(folder, `dist-${process.pid}`)
  try {
    await programs(folder, fresh, workspace)
    if (workspace.compact && !(await withoutSpace(fresh))) return false
    if (workspace.browser && !(await browserPages(folder, fresh, workspace.browser))) return false
    if (!isProgramsOnly && !(await declarations(folder, fresh))) return false
    if (workspace.copied) copy(join(folder, workspace.copied.from), fresh, workspace.copied.files)
    rmSync(join(folder, 'dist'), { recursive: true, force: true })
    renameSync(fresh, join(folder, 'dist'))
    copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
    return true
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

async function programs(folder: string, to: string, { entries = [], preloaded, compact }: Workspace): Promise<void> {
  const { bundle } = await import('./build/bundle.ts') // the bundler takes longer to load than all files to be looked at
  const source = join(folder, 'src')
  const doors = Object.values(doorsOf(folder)).flatMap((door) => door['spyglass-source'] ?? [])
  const files = [
    ...doors.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file)),
    ...[...globSync('**/*-main.ts', { cwd: source }), ...entries].map((file) => join(source, file)),
  ]
  await bundle({ source, to, entries: [...new Set(files)], maps: !compact && !isProgramsOnly })
  if (preloaded) await bundle({ source, to, entries: [join(source, preloaded)], format: 'cjs' })
}

/** Comments are kept, since an editor shows them. Declarations that no door of the package leads to are removed. */
async function declarations(folder: string, to: string): Promise<boolean> {
  if (!(await succeeds('tsc', ['-p', join(folder, 'tsconfig.build.json'), '--outDir', to, '--emitDeclarationOnly']))) return false
  const reached = new Set(Object.values(doorsOf(folder)).map(({ types }) => join(to, types.replace('./dist/', ''))))
  for (const file of reached) {
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?["'](\.{1,2}\/[^"']+)\.[jt]s["']/g))
      reached.add(join(dirname(file), `${specifier}.d.ts`))
  }
  for (const file of globSync('**/*.d.ts', { cwd: to }).map((name) => join(to, name))) if (!reached.has(file)) rmSync(file)
  return true
}

async function browserPages(folder: string, to: string, pages: string): Promise<boolean> {
  const from = join(folder, 'src', pages)
  if (!(await succeeds('tsc', ['-p', join(from, 'tsconfig.build.json'), '--outDir', join(to, pages)]))) return false
  copy(from, join(to, pages), '**/*.{html,css,svg}')
  return true
}

/** White space would be a sixth of what an application installs. Names stay, for stacks. */
async function withoutSpace(dist: string): Promise<boolean> {
  for (const ending of ['js', 'cjs']) {
    const files = globSync(`**/*.${ending}`, { cwd: dist }).map((file) => join(dist, file))
    const places = [`--outdir=${dist}`, `--outbase=${dist}`, `--out-extension:.js=.${ending}`, '--allow-overwrite']
    if (!(await succeeds('esbuild', [...files, ...places, '--minify-whitespace', '--minify-syntax', '--log-level=warning']))) return false
  }
  return true
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const { code, output } = await runProgram(program, args)
  if (code !== 0) say(output.trimEnd())
  return code === 0
}

function copy(from: string, to: string, pattern: string): void {
  for (const file of globSync(pattern, { cwd: from })) {
    mkdirSync(dirname(join(to, file)), { recursive: true })
    copyFileSync(join(from, file), join(to, file))
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
