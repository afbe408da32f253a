/**
 * Runs a small program with the agent, written once, in each form in which a library gets into a process: imported, required, either of them
 * under tsx, in a bundle of esbuild. Returns what the agent sent.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { spawn } from 'node:child_process'
import { build, transform } from 'esbuild'
import { expect, onTestFinished } from 'vitest'
import { spyglass } from '../../agent/src/esbuild/index.ts'
import { type Form, type Instrumentation } from '../../agent/src/instrument/instrumentation.ts'
import { type OtlpSink, type SinkSpan, startOtlpSink } from './otlp-sink.ts'
import { ROOT } from './sources.ts'
import { collect } from './suite.ts'
import { tempFolder } from './temp-folder.ts'

export interface Recorded {
  /** Roots with their children in the order of their start. Spans of the metrics of the program itself are not among them. */
  readonly traces: readonly RecordedTrace[]
  readonly sink: OtlpSink
  readonly stdout: string
  readonly stderr: string
}

export interface RecordedTrace {
  readonly root: SinkSpan
  readonly children: readonly SinkSpan[]
}

export interface ProgramOptions {
  /** `tsx-before`: tsx before the agent; `bundle-plain`: without the plugin. */
  readonly form: Form | 'tsx-before' | 'bundle-plain'
  readonly env?: Readonly<Record<string, string>>
  /** Installed packages, or folders of some, that take the place of others, as `{ express: 'express4' }`: the same program with another version. */
  readonly aliases?: Readonly<Record<string, string>>
  /** A project of others: the program finds the packages that are installed there before those of this one. */
  readonly project?: string
}

/** As applications load it: one file, which starts in a fraction of the time. */
const REGISTER = new URL('../../agent/dist/register.js', import.meta.url).href
const MAIN = new URL('instrumented-main.mjs', import.meta.url).href
/** Every request is kept, a slow machine keeps nothing else, and all is sent at the end. */
const SETTINGS = {
  SPYGLASS_SLOW_REQUEST_MS: '0.001',
  SPYGLASS_KEPT_PER_SECOND: '10000',
  SPYGLASS_METRICS_INTERVAL_MS: '600000',
  SPYGLASS_SLOW_STATEMENT_MS: '100000',
}

/**
 * `program` is TypeScript with imports at its top and `async function main()`, which may use `inRequest`, `withServer` and `ask` of
 * instrumented-main.mjs. It fails when the program does.
 */
export async function recorded(program: string, { form, env = {}, ...packages }: ProgramOptions): Promise<Recorded> {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  const { file, execArgv } = await written(`${program}\nvoid main().then(() => globalThis.finished(), globalThis.finished)\n`, {
    form,
    ...packages,
  })
  const agent = ['--import', REGISTER, '--import', MAIN]
  const child = spawn(
    process.execPath,
    ['--conditions=spyglass-source', ...(execArgv.before ?? []), ...agent, ...(execArgv.after ?? []), file],
    {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], XDG_STATE_HOME: tempFolder(), OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, ...SETTINGS, ...env },
    },
  )
  const { code, stdout, stderr } = await collect(child)
  expect([code, stderr.includes('Error') ? stderr : ''], stderr).toEqual([0, ''])
  return { sink, stdout, stderr, traces: tracesOf(sink.spans) }
}

interface WrittenProgram {
  readonly file: string
  readonly execArgv: { readonly before?: readonly string[]; readonly after?: readonly string[] }
}

/** Below the project, so that its packages are found. */
async function written(source: string, { form, aliases = {}, project }: ProgramOptions): Promise<WrittenProgram> {
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, '.cache', 'program-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  if (project !== undefined) symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
  for (const [name, installed] of Object.entries(aliases))
    cpSync(resolve(ROOT, 'node_modules', installed), join(folder, 'node_modules', name), { recursive: true })
  const place = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  if (form === 'esm') return { file: place('app.mjs', await javaScript(source, 'esm')), execArgv: {} }
  if (form === 'cjs') return { file: place('app.cjs', await javaScript(source, 'cjs')), execArgv: {} }
  const typescript = place('app.mts', source)
  if (form === 'tsx') return { file: typescript, execArgv: { after: ['--import', 'tsx'] } }
  if (form === 'tsx-before') return { file: place('app.cts', source), execArgv: { before: ['--import', 'tsx'] } }
  const outfile = join(folder, 'bundle.cjs')
  await build({
    entryPoints: [typescript],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native', 'dtrace-provider'],
    logLevel: 'error',
    sourcemap: 'inline',
    plugins: form === 'bundle' ? [spyglass()] : [],
  })
  // Without its map, frames of a bundled library are those of the application.
  return { file: outfile, execArgv: { before: ['--enable-source-maps'] } }
}

async function javaScript(source: string, format: 'esm' | 'cjs'): Promise<string> {
  return (await transform(source, { loader: 'ts', format, target: 'node22' })).code
}

/** A request that ran for long was sent before it ended as well, with what had ended in it: each span counts once, and none that was still open. */
function tracesOf(spans: readonly SinkSpan[]): RecordedTrace[] {
  const ended = spans.filter(({ attributes }) => attributes['spyglass.partial'] !== true)
  const byStart = [...new Map(ended.map((span) => [span.spanId, span])).values()].toSorted((a, b) =>
    Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)),
  )
  const ids = new Set(byStart.map(({ spanId }) => spanId))
  return byStart
    .filter(({ parentSpanId }) => parentSpanId === undefined || parentSpanId === '' || !ids.has(parentSpanId))
    .map((root) => ({ root, children: byStart.filter((span) => span !== root && span.traceId === root.traceId) }))
}

/** The application's line of code that the span names, without white space around it. */
export function codeOf({ attributes }: SinkSpan): string | undefined {
  const { 'code.file.path': file, 'code.line.number': line } = attributes
  if (typeof file !== 'string') return undefined
  return readFileSync(join(ROOT, file), 'utf8').split('\n')[Number(line) - 1]?.trim()
}

/** The forms in which an instrumentation works: its test runs in each. `tsx` is run with the agent before it and behind it. */
export function formsOf({ forms }: Instrumentation): (Form | 'tsx-before')[] {
  return forms.flatMap((form): (Form | 'tsx-before')[] => (form === 'tsx' ? ['tsx', 'tsx-before'] : [form]))
}
