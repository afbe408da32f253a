import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { expect, onTestFinished, test } from 'vitest'
import { processesWith, processStat } from '../../runtime/src/holder/process-stat.ts'
import { freeOffset } from '../support/free-port.ts'
import { cli, runCli, shopFolder, startSuite } from '../support/suite.ts'
import { repetitions } from '../support/repetitions.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import { paced } from '../support/slowdown.ts'

const settings = {
  applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
  datasources: [{ name: 'shop', file: 'shop.db' }],
}

const living = (data: string): readonly number[] =>
  processesWith(`SPYGLASS_SERVER_DATA=${data}`).filter((pid) => processStat(pid)?.state !== 'Z')

/** Starts without waiting for anything. */
async function begin(folder: string): Promise<ChildProcess> {
  const config = join(folder, 'spyglass.yaml')
  writeFileSync(config, stringify({ data: join(folder, 'd'), portOffset: await freeOffset(), ...settings }))
  const keeper = runCli(['up', '--config', config])
  onTestFinished(() => void keeper.kill('SIGKILL'))
  return keeper
}

const moments = Array.from({ length: repetitions(6) }, (_, i) => 500 + ((i * 700) % 4900))

test.runIf(process.platform === 'linux').for(moments)(
  'kill -9 of the keeper %d ms after its start: all its processes are gone within 5 s, and a new one starts at once',
  async (ms) => {
    const folder = tempFolder()
    const data = join(folder, 'd')
    const keeper = await begin(folder)
    await sleep(ms) // the moment is what is tested
    keeper.kill('SIGKILL')
    await once(keeper, 'exit')
    const killedAt = Date.now()
    await until(() => living(data).length === 0)
    const goneMs = Date.now() - killedAt
    expect(goneMs).toBeLessThan(paced(5500))
    await using suite = await startSuite(folder, settings)
    expect(suite.output()).toContain('Spyglass is ready')
  },
)

test.runIf(process.platform === 'linux')(
  'processes that cannot notice it are gone as well, and the new keeper waits for them',
  async () => {
    const folder = tempFolder()
    const first = await startSuite(folder, settings)
    const [instance, store] = [first.pidOf('shop-1'), first.pidOf('store')]
    process.kill(store, 'SIGSTOP')
    process.kill(instance, 'SIGSTOP')
    first.keeper.kill('SIGKILL')
    await using second = await startSuite(folder, settings) // at once
    expect(living(second.data)).not.toContain(instance)
    expect(living(second.data)).not.toContain(store)
  },
)

test('a copy of a data folder in use starts beside its original', async () => {
  const folder = tempFolder()
  await using original = await startSuite(folder, settings)
  const copy = tempFolder()
  spawnSync('cp', ['-a', original.data, join(copy, 'd')]) // sockets too; a file that vanishes meanwhile does not matter
  expect(readdirSync(join(copy, 'd', 'run'))).toContain('lock')
  await using second = await startSuite(copy, settings)
  expect((await fetch(`${second.urls.app}/shop/products`)).status).toBe(200)
  expect((await fetch(`${original.urls.app}/shop/products`)).status).toBe(200)
})

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)('two containers on one volume do not both start', async () => {
  const folder = tempFolder()
  await using first = await startSuite(folder, settings)
  const namespaces = ['-p', '-n', '-u', '-m', '--fork', '--mount-proc']
  const child = spawn('unshare', [...namespaces, process.execPath, cli, 'up', '--config', first.configFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.on('data', (chunk) => (text += chunk))
  const [code] = await once(child, 'exit')
  expect([code, text]).toEqual([1, expect.stringContaining('SPY_DATA_IN_USE')])
})
