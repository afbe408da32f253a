/** Jobs are added while everything that has to do with them is killed: each that was accepted runs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startRedis } from '../support/redis.ts'
import { serverFolder, unprivileged } from '../support/server-process.ts'
import { repository, serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const folder = join(repository, 'test/fixtures/jobs')

/** Kills processes of a suite, each generation once. */
function killer(suite: Suite): (part: string) => Promise<void> {
  const killed = new Set<number>()
  return async (part) => {
    const pid = await until(() => (killed.has(suite.pidOf(part)) ? undefined : suite.pidOf(part)))
    killed.add(pid)
    process.kill(pid, 'SIGKILL')
  }
}

test('instances and the process with the jobs are killed while jobs are added and run: every accepted one runs, by the ledger', async (context) => {
  const account = unprivileged('redis')
  const redis = await startRedis(context, ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', serverFolder('redis', account)])
  context.onTestFinished(() => redis.stop())
  const data = tempFolder()
  const ledger = join(data, 'ledger')
  writeFileSync(ledger, '')
  const settings = {
    jobs: [
      { name: 'orders', timeoutMs: 10_000 },
      { name: 'shared', store: 'redis', url: `redis://127.0.0.1:${redis.port}`, timeoutMs: 10_000, attempts: 100 },
    ],
    applications: [
      {
        name: 'shop',
        folder,
        contextPath: '/',
        isolation: 'own',
        replicas: 2,
        jobs: ['orders', 'shared'],
        environment: { LEDGER: ledger },
      },
    ],
  }
  const accepted: string[] = []
  let added = 0
  const ran = (): ReadonlySet<string> =>
    new Set(
      readFileSync(ledger, 'utf8')
        .split('\n')
        .map((line) => line.split(' ').slice(0, 2).join(' ')),
    )
  const add = async (suite: Suite): Promise<void> => {
    const number = added++
    const job = `${number % 2 === 0 ? 'orders' : 'shared'} ${number % 10 < 2 ? 'slow' : 'job'}-${number}`
    const response = await fetch(`${suite.urls.app}/${job.replace(' ', '/')}`).catch(() => undefined)
    if (response?.ok) accepted.push(job)
  }
  {
    await using suite = await startSuite(data, settings, [], serverAlone)
    const killPart = killer(suite)
    for (const victims of [[], ['shop-1'], ['job-store'], ['shop-2', 'job-store'], []]) {
      const adding = Promise.all(Array.from({ length: 40 }, () => add(suite)))
      for (const victim of victims) await killPart(victim)
      await adding
    }
    await until(() => accepted.some((job) => job.startsWith('orders')))
    await until(async () => (await suite.run('get', 'jobQueue.job-store.orders.state')).stdout.includes('ok')) // it was started again, and pushes its figures each second
  }
  await using again = await startSuite(data, settings, [], serverAlone) // what has not run before the stop, runs after it
  await until(() => {
    const found = ran()
    return accepted.every((job) => found.has(job))
  })
  expect(accepted.length).toBeGreaterThan(100)
  await until(async () => (await again.run('get', 'jobQueue.job-store.orders.waiting')).stdout.trim().endsWith('0'))
})
