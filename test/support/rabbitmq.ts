import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { freePort } from './free-port.ts'
import { requireTool } from './require-tool.ts'
import { serverFolder, startServerProcess, type TestServer, unprivileged } from './server-process.ts'

/** Debian's scripts in PATH change the account and the folders; those below run as they are told. */
const PROGRAMS = '/usr/lib/rabbitmq/bin'

/** A RabbitMQ of its own with a port mapper of its own, on free ports of the loopback address. Skips the test where it is not installed. */
export async function startRabbitMq(context: TestContext): Promise<TestServer> {
  requireTool(context, 'rabbitmq-server')
  const account = unprivileged('rabbitmq')
  const folder = serverFolder('rabbitmq', account)
  const [port, distribution, mapper] = [await freePort(), await freePort(), String(await freePort())]
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    LANG: 'C.UTF-8',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: mapper,
    RABBITMQ_NODENAME: `spyglass-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  }
  const server = await startServerProcess(join(PROGRAMS, 'rabbitmq-server'), [], { account, folder, env, ready: 'Server startup complete' })
  return {
    host: '127.0.0.1',
    port,
    async stop() {
      await server.stop('SIGTERM')
      spawnSync('epmd', ['-port', mapper, '-kill'])
    },
  }
}
