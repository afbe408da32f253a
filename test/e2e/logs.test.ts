/** Logs of one application: format and destination change while it runs, and its output may have a file of its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startSuite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const PROGRAM = `console.log('started'); require('node:http').createServer((q, s) => { console.log('asked for ' + q.url); s.end('ok') }).listen(1)`

test('format and destination of an access log change without a reload; the output of an application goes to a file of its own', async () => {
  const place = tempFolder()
  const application = join(place, 'shop')
  mkdirSync(application)
  writeFileSync(join(application, 'package.json'), '{"name":"shop","main":"index.js"}')
  writeFileSync(join(application, 'index.js'), PROGRAM)
  await using suite = await startSuite(place, { applications: [{ name: 'shop', folder: 'shop' }] })
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
