/** A Prometheus Alertmanager of the distribution, on a port of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { tempFolder } from './temp-folder.ts'
import { until } from './until.ts'

export interface Alert {
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
  readonly endsAt: string
}

export interface Alertmanager extends AsyncDisposable {
  readonly url: string
  /** Those that fire. */
  alerts(): Promise<readonly Alert[]>
}

export async function startAlertmanager(program: string): Promise<Alertmanager> {
  const folder = tempFolder('alertmanager-')
  const port = await freePort()
  const file = join(folder, 'alertmanager.yml')
  writeFileSync(file, 'route: {receiver: none, group_wait: 1s}\nreceivers: [{name: none}]\n')
  const args = [`--config.file=${file}`, `--storage.path=${folder}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=']
  const child = spawn(program, args, { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${url}/-/ready`)).ok)
  return {
    url,
    alerts: async () => (await (await fetch(`${url}/api/v2/alerts?active=true`)).json()) as Alert[],
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
