/** Logs of one application: format and destination change while it runs, and its output may have a file of its own. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serverAlone, startSuite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const PROGRAM = `console.log('started'); require('node:http').createServer((q, s) => { console.log('asked for ' + q.url); s.end('ok') }).listen(1)`

test('format and destination of an access log change without a reload; the output of an application goes to a file of its own', async () => {
  const place = tempFolder()
  const application = join(place, 'shop')
  mkdirSync(application)
  writeFileSync(join(application, 'package.json'), '{"name":"shop","main":"index.js"}')
  writeFileSync(join(application, 'index.js'), PROGRAM)
  await using suite = await startSuite(place, { applications: [{ name: 'shop', folder: 'shop' }] }, [], serverAlone)
  const set = async (...values: string[]): Promise<void> => {
    const { code, stderr } = await suite.run('set', ...values)
    expect(code, stderr).toBe(0)
  }
  const log = join(suite.data, 'logs/access/shop.log')
  const lineOf = async (path: string, file = log): Promise<string> => {
    const answer = await fetch(`${suite.urls.app}${path}`)
    expect(await answer.text()).toBe('ok')
    const line = await until(() =>
      readFileSync(file, 'utf8')
        .split('\n')
        .find((one) => one.includes(path) && !one.includes('asked for')),
    )
    return line ?? ''
  }
  const pid = suite.pidOf('shop-1')
  expect(JSON.parse(await lineOf('/1'))).toMatchObject({ 'url.path': '/1', application: 'shop' })
  await set('logs.access.format=common')
  expect(await lineOf('/2')).toMatch(/^127\.0\.0\.1 - - \[.+\] "GET \/2 HTTP\/1\.1" 200 2$/)
  await set('applications.shop.accessLog.format=pattern', 'applications.shop.accessLog.pattern=%m of %U by %{application}r')
  expect(await lineOf('/3')).toBe('GET of /3 by shop')
  const bad = await suite.run('set', 'applications.shop.accessLog.pattern=%Q')
  expect([bad.code === 0, bad.stderr]).toEqual([false, expect.stringContaining('SPY_ACCESS_PATTERN_INVALID')])
  await set('applications.shop.accessLog.to=output')
  const serverLog = join(suite.data, 'logs/server.log')
  expect(JSON.parse(await lineOf('/4', serverLog))).toMatchObject({ msg: 'GET of /4 by shop', application: 'shop', process: 'shop-1' })
  expect(suite.pidOf('shop-1')).toBe(pid)

  await set('applications.shop.output=file')
  const output = join(suite.data, 'logs/output/shop.log')
  await until(() => suite.pidOf('shop-1') !== pid)
  await until(async () => {
    await (await fetch(`${suite.urls.app}/5`)).text() // the old generation serves connections that it has to their end
    return readFileSync(output, 'utf8').includes('asked for /5')
  })
  expect(
    readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .every((line) => line.includes('"application":"shop"')),
  ).toBe(true)
  expect((await suite.run('logs', 'shop')).stdout).toContain('asked for /5')
})

test('size, compression and retention of rotation change while the server runs, for the logs of every process', async () => {
  const place = tempFolder()
  const application = join(place, 'shop')
  mkdirSync(application)
  writeFileSync(join(application, 'package.json'), '{"name":"shop","main":"index.js"}')
  writeFileSync(join(application, 'index.js'), PROGRAM)
  await using suite = await startSuite(place, { applications: [{ name: 'shop', folder: 'shop', output: 'file' }] }, [], serverAlone)
  const [logs, access, output] = ['', 'access', 'output'].map((name) => join(suite.data, 'logs', name)) as [string, string, string]
  const [management, shop] = [suite.pidOf('management'), suite.pidOf('shop-1')]
  const rotatedIn = (folder: string, log: string): readonly string[] => readdirSync(folder).filter((name) => name.startsWith(`${log}.log-`))
  const set = async (...values: string[]): Promise<void> => {
    const { code, stdout, stderr } = await suite.run('set', ...values)
    expect([code, stderr, stdout]).toEqual([0, '', expect.not.stringContaining('restart')])
  }
  const ask = async (): Promise<void> => void (await (await fetch(suite.urls.app)).text())
  await ask()
  expect([rotatedIn(logs, 'server'), rotatedIn(access, 'shop'), rotatedIn(output, 'shop')]).toEqual([[], [], []])
  await set('logs.rotation.maxBytes=1', 'logs.rotation.compress=false')
  await until(() => rotatedIn(logs, 'server').length > 0 && rotatedIn(access, 'shop').length > 0 && rotatedIn(output, 'shop').length > 0)

  const old = join(access, 'shop.log-20200101T000000')
  writeFileSync(old, 'x')
  utimesSync(old, 1, 1)
  await set('logs.rotation.maxBytes=0', 'logs.rotation.keepDays=1')
  await until(() => !rotatedIn(access, 'shop').includes('shop.log-20200101T000000'))
  await set('logs.rotation.compress=true')
  await until(() => rotatedIn(access, 'shop').some((name) => name.endsWith('.gz')))

  await set('logs.rotation.maxBytes=1')
  process.kill(management, 'SIGKILL') // its successor has the value as well
  await until(() => !isRunning(management))
  const before = rotatedIn(access, 'shop')
  await ask()
  await until(() => rotatedIn(access, 'shop').some((name) => !before.some((one) => one.startsWith(name.replace('.gz', '')))))
  expect(isRunning(shop)).toBe(true)
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
