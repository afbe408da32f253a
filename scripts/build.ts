/**
 * `npm run build [-- WORKSPACE…]`: dist/ of each workspace, which is what its package holds. Each `prepack` runs it too. A dist is
 * replaced whole, so that nothing of an older build stays in it and a process that loads from it meets no half of one.
 */
import { copyFileSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './run-program.ts'

interface Program {
  /** tsconfig of what is compiled, and where in dist it lands. */
  readonly project: string
  readonly to: string
  /** Files that are taken as they are. */
  readonly copied?: { readonly from: string; readonly files: string }
  /** Applications install it: without the comments of the source, and without declarations that no door of the package leads to. */
  readonly compact?: true
  /** A module bundled with everything it imports from the package, as CommonJS in its place: one file to load instead of dozens. */
  readonly bundled?: string
}

const library: Program = { project: 'tsconfig.build.json', to: '.' }
/** An application waits for the agent to load before it starts itself. */
const agent: Program = { ...library, copied: { from: 'src', files: '**/*.{cjs,d.cts}' }, bundled: 'agent/start.js', compact: true }
const browser: Program = {
  project: 'src/console/browser/tsconfig.build.json',
  to: 'console/browser',
  copied: { from: 'src/console/browser', files: '**/*.{html,css,svg}' },
}

/** In the order of their imports: each is compiled against the types in the dist of those before it. */
const workspaces: Readonly<Record<string, readonly Program[]>> = {
  agent: [agent],
  'agent/mbeans': [library],
  'runtime/process': [library],
  dashboards: [{ ...library, copied: { from: '../docs', files: 'runbooks/*.md' } }],
  collector: [library, browser],
  'snmp-bridge': [library],
  runtime: [library],
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(workspaces, name))
if (unknown.length > 0) say(`no such workspace: ${unknown.join(', ')}. Available: ${Object.keys(workspaces).join(', ')}.`)
process.exitCode = unknown.length === 0 && (await buildAll()) ? 0 : 1

/** Those named, and before them those they may import whose dist is missing or older than its source. Stops at the first that fails. */
async function buildAll(): Promise<boolean> {
  const names = Object.keys(workspaces)
  const end = wanted.length === 0 ? names.length : Math.max(...wanted.map((name) => names.indexOf(name))) + 1
  for (const name of names.slice(0, end)) {
    if (wanted.length > 0 && !wanted.includes(name) && isCurrent(join(root, name))) continue
    const started = performance.now()
    if (!(await build(join(root, name), workspaces[name] ?? []))) return false
    say(`${name}/dist (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  }
  return true
}

function isCurrent(folder: string): boolean {
  const built = statSync(join(folder, 'dist'), { throwIfNoEntry: false })
  return built !== undefined && globSync('src/**', { cwd: folder }).every((file) => statSync(join(folder, file)).mtimeMs <= built.mtimeMs)
}

async function build(folder: string, programs: readonly Program[]): Promise<boolean> {
  const fresh = join(folder, `dist-${process.pid}`)
  try {
    for (const { project, to, copied, bundled, compact } of programs) {
      if (!(await compiled(join(folder, project), join(fresh, to), compact))) return false
      if (bundled && !(await bundle(join(fresh, to, bundled)))) return false
      if (compact && !(await withoutSpace(fresh))) return false
      if (compact) removeUnreachable(fresh, folder)
      if (copied) copy(join(folder, copied.from), join(fresh, to), copied.files)
    }
    rmSync(join(folder, 'dist'), { recursive: true, force: true })
    renameSync(fresh, join(folder, 'dist'))
    copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
    return true
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Declarations keep their comments: an editor shows them. */
async function compiled(project: string, outDir: string, compact = false): Promise<boolean> {
  const compile = (...more: readonly string[]): Promise<boolean> => succeeds('tsc', ['-p', project, '--outDir', outDir, ...more])
  if (!compact) return compile()
  return (await compile('--removeComments', '--declaration', 'false')) && (await compile('--emitDeclarationOnly'))
}

/** Removes the declarations that no door of the package imports, directly or not. */
function removeUnreachable(dist: string, workspace: string): void {
  const { exports } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8')) as { exports: Record<string, { types: string }> }
  const reached = new Set(Object.values(exports).map(({ types }) => join(dist, types.replace('./dist/', ''))))
  for (const file of reached) {
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?["'](\.{1,2}\/[^"']+)\.[jt]s["']/g))
      reached.add(join(dirname(file), `${specifier}.d.ts`))
  }
  for (const file of globSync('**/*.d.ts', { cwd: dist }).map((name) => join(dist, name))) if (!reached.has(file)) rmSync(file)
}

/** In its place, so that what it reads by its own address stays where it was. */
async function bundle(file: string): Promise<boolean> {
  const whole = `${file}.whole.cjs`
  // A fifth of the file would be comments, which the modules and declarations beside it have.
  const settings = ['--format', 'cjs', '--platform', 'node', '--external', '@opentelemetry/api', '--log-level', 'warn', '--no-comments']
  if (!(await succeeds('rolldown', [file, '--file', whole, ...settings]))) return false
  // White space would be another fifth, long forms of syntax a twentieth; names stay, for stacks.
  if (
    !(await succeeds('esbuild', [
      whole,
      '--minify-whitespace',
      '--minify-syntax',
      '--log-level=warning',
      `--outfile=${file.replace(/js$/, 'cjs')}`,
    ]))
  )
    return false
  rmSync(whole)
  rmSync(file)
  return true
}

/** White space would be a sixth of what an application installs. */
function withoutSpace(dist: string): Promise<boolean> {
  const modules = globSync('**/*.js', { cwd: dist }).map((file) => join(dist, file))
  return succeeds('esbuild', [
    ...modules,
    '--minify-whitespace',
    `--outdir=${dist}`,
    `--outbase=${dist}`,
    '--allow-overwrite',
    '--log-level=warning',
  ])
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
