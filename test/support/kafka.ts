import type { TestContext } from 'vitest'
import { requireTool } from './require-tool.ts'
import { serverFolder, startServerProcess, unprivileged } from './server-process.ts'

export interface KafkaServer {
  /** `host:port`. */
  readonly brokers: string
  stop(): Promise<void>
}

const MOCK = ['-b', 'unused', '-X', 'test.mock.num.brokers=1']
const READY = 'replaced with '

/**
 * The broker that librdkafka has for tests of clients, in a consumer that waits; Debian has no other. It speaks the protocol with groups, keeps messages in memory, and
 * names no controller, without which KafkaJS begins no transaction.
 */
export async function startKafka(context: TestContext): Promise<KafkaServer> {
  const program = requireTool(context, 'kcat')
  const account = unprivileged()
  const folder = serverFolder('kafka', account)
  const server = await startServerProcess(program, [...MOCK, '-C', '-t', 'unused'], { account, folder, ready: READY })
  return { brokers: server.log().split(READY)[1]?.split(/\s/)[0] ?? '', stop: () => server.stop('SIGTERM') }
}
