import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

const MAIN = join(import.meta.dirname, '../../collector/dist/collector-main.js')

export interface CollectorProcess {
  readonly url: string
  readonly port: number
  readonly consolePort: number
  readonly child: ChildProcess
  readonly output: () => string
  kill(signal: NodeJS.Signals): Promise<void>
}

export interface CollectorStart {
  /** Data folder of a store that runs, or the folder that it would have. */
  readonly data: string
  readonly storePort: number
  readonly port?: number
  /** Other sections of the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Settings of `collector`. */
  readonly collector?: Readonly<Record<string, number>>
}

/** Starts the collector's command as a user would, without waiting for it. */
export async function spawnCollector({ data, storePort, port, collector = {}, settings = {} }: CollectorStart): Promise<CollectorProcess> {
  const listening = port ?? (await freePort())
  const consolePort = await freePort()
  const config = join(data, 'collector.yaml')
  writeFileSync(
    config,
    stringify({
      data,
      ...settings,
      collector: { otlpHttpPort: listening, ...collector },
      store: { port: storePort },
      console: { port: consolePort },
      management: { port: await freePort() },
    }),
  )
  const args = [MAIN, '--config', config]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    consolePort,
    child,
    output: () => output,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await once(child, 'exit')
    },
  }
}

/** Starts a collector and waits until it is ready. */
export async function startCollector(start: CollectorStart): Promise<CollectorProcess> {
  const collector = await spawnCollector(start)
  await until(async () => collector.child.exitCode !== null || (await fetch(`${collector.url}/ready`)).ok)
  if (collector.child.exitCode !== null) throw new Error(`the collector ended: ${collector.output()}`)
  return collector
}
