/** The deciding process may die at any time: nobody notices who does not look for it. */
import http from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processesWith, processStat } from '../../runtime/src/holder/process-stat.ts'
import { repetitions } from '../support/repetitions.ts'
import { shopFolder, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const KILLS = repetitions(20)

const settings = {
  applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'], replicas: 2 }],
  datasources: [{ name: 'shop', file: 'shop.db' }],
}

async function server(suite: Suite): Promise<Readonly<Record<string, unknown>>> {
  const url = `${suite.urls.management}/jolokia/read/spyglass:type=Server,name=spyglass`
  return ((await (await fetch(url)).json()) as { value: Readonly<Record<string, unknown>> }).value
}

/** Requests without a pause, half of them on connections that stay open. */
function load(url: string) {
  const failures: string[] = []
  let [good, isRunning] = [0, true]
  const agents = [new http.Agent({ keepAlive: true }), undefined]
  const ask = (agent: http.Agent | undefined): Promise<void> =>
    new Promise((resolve) => {
      const failed = (error: Error): void => {
        failures.push(String(error))
        resolve()
      }
      http
        .get(url, { agent: agent ?? false }, (response) => {
          response.resume().on('error', failed)
          response.on('end', () => {
            if (response.statusCode === 200) good++
            else failures.push(`status ${response.statusCode}`)
            resolve()
          })
        })
        .on('error', failed)
    })
  const clients = Array.from({ length: 4 }, async (_, at) => {
    while (isRunning) await ask(agents[at % 2])
  })
  return {
    failures,
    good: () => good,
    async stop() {
      isRunning = false
      await Promise.all(clients)
      agents[0]?.destroy()
    },
  }
}

test.runIf(process.platform === 'linux')(
  `the decider is killed ${KILLS} times under load: no request fails, it is back in charge, and there is no orphan`,
  async () => {
    await using suite = await startSuite(tempFolder(), settings)
    const holder = suite.keeper.pid!
    const deciderOf = async (): Promise<number> => Number((await server(suite))['deciderPid'])
    await until(async () => (await deciderOf()) > 0)
    expect((await server(suite))['holderPid']).toBe(holder)
    const pids = ['shop-1', 'shop-2', 'store', 'collector', 'management'].map((part) => suite.pidOf(part))
    const traffic = load(`${suite.urls.app}/shop/health`)
    for (let kill = 0; kill < KILLS; kill++) {
      const pid = await deciderOf()
      process.kill(pid, 'SIGKILL')
      await until(async () => (await deciderOf()) !== pid)
    }
    await traffic.stop()
    expect(traffic.failures).toEqual([])
    expect(traffic.good()).toBeGreaterThan(KILLS)
    // the same processes, nothing started twice
    expect(['shop-1', 'shop-2', 'store', 'collector', 'management'].map((part) => suite.pidOf(part))).toEqual(pids)
    const children = processesWith(`SPYGLASS_SERVER_DATA=${suite.data}`).filter((pid) => processStat(pid)?.parent === holder)
    expect(children).toHaveLength(7) // the decider, two instances, store, collector, management, bridge
    // and it is in charge: it reloads, and restarts what crashes
    expect(await suite.run('reload', 'shop')).toMatchObject({ code: 0, stdout: 'reloaded shop-1, shop-2\n' })
    const crashed = suite.pidOf('shop-1')
    process.kill(crashed, 'SIGKILL')
    await until(() => suite.pidOf('shop-1') !== crashed)
    expect(readFileSync(join(suite.data, 'logs/server.log'), 'utf8')).toContain('the decider was restarted and is in charge again')
    expect(suite.output().match(/Spyglass is ready/g)).toHaveLength(1)
  },
)
