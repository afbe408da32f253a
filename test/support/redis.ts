import { Redis } from 'ioredis'
import type { TestContext } from 'vitest'
import { freePort } from './free-port.ts'
import { requireTool } from './require-tool.ts'
import { serverFolder, startServerProcess, type TestServer, unprivileged } from './server-process.ts'
import { until } from './until.ts'

/** A Redis of its own without persistence, on a free port of the loopback address. Skips the test where it is not installed. */
export async function startRedis(context: TestContext, more: readonly string[] = []): Promise<TestServer> {
  const program = requireTool(context, 'redis-server')
  const account = unprivileged('redis')
  const folder = serverFolder('redis', account)
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...more]
  const server = await startServerProcess(program, args, { account, folder, ready: 'Ready to accept connections' })
  return { host: '127.0.0.1', port, stop: () => server.stop('SIGTERM') }
}

/** The last slot of the first node of {@link startRedisCluster}. */
const HALF = 8191

/** A cluster of two masters with half of the slots each. */
export async function startRedisCluster(context: TestContext): Promise<readonly [TestServer, TestServer]> {
  const start = async (): Promise<TestServer> => {
    const server = await startRedis(context, ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())])
    context.onTestFinished(() => server.stop())
    return server
  }
  const nodes = [await start(), await start()] as const
  const clients = nodes.map(({ port }) => new Redis(port, '127.0.0.1'))
  const [first, second] = clients as [Redis, Redis]
  try {
    await first.call('cluster', 'addslotsrange', '0', String(HALF))
    await second.call('cluster', 'addslotsrange', String(HALF + 1), '16383')
    await second.call('cluster', 'set-config-epoch', '2')
    const bus = /,(\d+)|@(\d+)/.exec(String(await second.call('cluster', 'nodes')))
    await first.call('cluster', 'meet', '127.0.0.1', String(nodes[1].port), bus?.[2] ?? '')
    const isReady = async (client: Redis): Promise<boolean> => /cluster_state:ok/.test(String(await client.call('cluster', 'info')))
    for (const client of clients) await until(() => isReady(client))
  } finally {
    for (const client of clients) client.disconnect()
  }
  return nodes
}
