/** The servers that are compared: without an agent, with ours as it is published, and with the stock OpenTelemetry SDK. */
import { execFileSync, type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export const VARIANTS = ['none', 'spyglass', 'otel'] as const
export type Variant = (typeof VARIANTS)[number]

export type Framework = 'fastify' | 'express' | 'koa'

export interface Environment {
  readonly preloads: Readonly<Record<Variant, readonly string[]>>
  readonly env: NodeJS.ProcessEnv
  dispose(): void
}

export interface Server {
  readonly child: ChildProcess
  readonly port: number
  readonly startMs: number
  readonly rssBytes: number
}

/** Builds the agent as its package holds it, bundled: what is measured is what users install. */
export function prepare(env: Readonly<Record<string, string>>): Environment {
  const root = join(import.meta.dirname, '../..')
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), 'agent'])
  const spool = mkdtempSync(join(tmpdir(), 'spyglass-bench-spool-'))
  return {
    preloads: {
      none: [],
      spyglass: ['--import', pathToFileURL(join(root, 'agent/dist/register.js')).href],
      otel: ['--import', pathToFileURL(join(import.meta.dirname, 'stock-sdk.mjs')).href],
    },
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      OTEL_SERVICE_NAME: 'bench',
      SPYGLASS_SPOOL_FOLDER: spool,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_BSP_MAX_QUEUE_SIZE: '200000',
      OTEL_BSP_SCHEDULE_DELAY: '500',
      ...env,
    },
    dispose: () => rmSync(spool, { recursive: true, force: true }),
  }
}

export interface ServerOptions {
  /** Default: fastify. */
  readonly framework?: Framework
  /** More of the environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

export async function startServer(
  variant: Variant,
  { preloads, env }: Environment,
  { framework = 'fastify', env: more = {}, execArgv = [] }: ServerOptions = {},
): Promise<Server> {
  const startedMs = performance.now()
  const child = fork(join(import.meta.dirname, 'application.cjs'), {
    execArgv: [...execArgv, ...preloads[variant]],
    env: { ...env, ...more, BENCH_FRAMEWORK: framework },
  })
  const [{ port, rssBytes }] = (await once(child, 'message')) as [{ port: number; rssBytes: number }]
  return { child, port, rssBytes, startMs: performance.now() - startedMs }
}

export interface Usage {
  readonly cpuUs: number
  readonly rssBytes: number
  readonly heapBytes: number
}

/** `collect`: after a garbage collection, of a server with `--expose-gc`. */
export async function usageOf({ child }: Server, what: 'usage' | 'collect' = 'usage'): Promise<Usage> {
  child.send(what)
  const [usage] = (await once(child, 'message')) as [Usage]
  return usage
}

export async function stopServer({ child }: Server): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
