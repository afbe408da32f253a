import { once } from 'node:events'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { until } from '../../../support/until.ts'
import { start } from './alone.ts'

async function answerOnNewConnection(port: number): Promise<string> {
  const [response] = (await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response')) as [http.IncomingMessage]
  return text(response)
}

test('workers of a cluster serve the application’s socket', async () => {
  const program = await start(`import cluster from 'node:cluster'
    import http from 'node:http'
    if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork()
    else http.createServer((req, res) => res.end(String(process.pid))).listen(3000)`)
  const pids = new Set<string>()
  await until(async () => pids.add(await answerOnNewConnection(program.port)).size === 2, 20_000)
  expect(pids.has(String(program.child.pid))).toBe(false)
})
