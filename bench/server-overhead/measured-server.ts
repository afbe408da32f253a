/** A server of the benchmark in a process of its own, and what it costs. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** See server.ts. */
export type Mode = 'plain' | 'hosted' | 'routed' | 'router'

export interface MeasuredServer {
  readonly port: number
  readonly cpuUs: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** `endpoint`: where its agent sends what it records; `plain` has none. */
export async function startServer(mode: Mode, folder: string, endpoint: string): Promise<MeasuredServer> {
  const preload = mode === 'plain' ? [] : ['--import', import.meta.resolve('@spyglass/agent/register')]
  const child = fork(join(import.meta.dirname, 'server.ts'), [mode, folder], {
    execArgv: ['--conditions=spyglass-source', ...preload],
    env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { port, cpuUs: () => cpuUs(child), stop: () => stop(child) }
}

async function cpuUs(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [{ cpuUs }] = (await once(child, 'message')) as [{ cpuUs: number }]
  return cpuUs
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}

/** Takes what the agents export, so that exporting is part of the cost. */
export interface Sink {
  readonly endpoint: string
  /** @throws when nothing came: the comparison would be void */
  readonly close: () => void
}

export async function openSink(): Promise<Sink> {
  let bytes = 0
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => response.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.closeAllConnections()
    server.close()
    if (bytes === 0) throw new TypeError('the agent exported nothing: the comparison would be void')
  }
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
