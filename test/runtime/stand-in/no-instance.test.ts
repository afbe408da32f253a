import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import { NoInstance } from '../../../runtime/src/stand-in/no-instance.ts'
import { accessLogsIn } from '../../support/access-logs.ts'
import { openListener } from '../../support/listener.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('requests are refused with 503, in the access log of the application that they were for, with the reason', async () => {
  const folder = tempFolder()
  const applications = [
    { name: 'shop', host: 'server', contextPath: '/' },
    { name: 'admin', host: 'server', contextPath: '/admin' },
  ]
  const traffic = new NoInstance({
    applications,
    hosts: [{ name: 'empty.test', aliases: [] }],
    accessLogs: accessLogsIn(folder, { instance: 'stand-in-http', logger: pino({ level: 'silent' }) }),
  })
  const { port } = await openListener((request, response) => traffic.request('request', request, response))
  for (const path of ['/cart?x=1', '/admin/users']) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('connection')]).toEqual([503, '2', 'close'])
    expect(await answer.json()).toMatchObject({ code: 'SPY_NO_INSTANCE' })
  }
  await traffic.stop()
  const lines = (name: string): unknown[] =>
    readFileSync(join(folder, `${name}.log`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  expect(lines('shop')).toMatchObject([
    { 'url.path': '/cart', 'http.response.status_code': 503, 'error.type': 'no_instance', application: 'shop', instance: 'stand-in-http' },
  ])
  expect(lines('admin')).toMatchObject([{ 'url.path': '/admin/users', application: 'admin' }])
})
