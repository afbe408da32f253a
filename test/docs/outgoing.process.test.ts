/** The page on mail, Redis and HTTP services as a reader follows it, with servers of our own in place of those that it names. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { json } from 'node:stream/consumers'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkedSettings, type Settings } from '@spyglass/process/config'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { installResources, openResources } from '../../runtime/src/resource/index.ts'
import { startMailServer } from '../support/mail-server.ts'
import { startRedis } from '../support/redis.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/outgoing.md'), 'utf8')
const blockOf = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)![1]!

interface Application {
  readonly order: (customer: string, amount: number) => Promise<number>
}

test('its application charges, counts and writes to its customer', async (context) => {
  const charges: unknown[] = []
  const payments = createServer((request, response) => {
    void json(request).then((body) => {
      charges.push([request.url, request.headers.authorization, body])
      response.writeHead(charges.length === 1 ? 200 : 402).end()
    })
  })
  await new Promise<void>((resolve) => void payments.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void payments.close())
  const redis = await startRedis(context)
  onTestFinished(() => redis.stop())
  const { mails, port } = await startMailServer()

  const folder = tempFolder()
  writeFileSync(join(folder, 'token'), 'hush\n')
  const { mailServers, redisServers, httpClients, applications } = checkedSettings(parse(blockOf('yaml')) as Settings, {
    origin: 'spyglass.yaml',
    from: '/',
  })
  expect(applications[0]).toMatchObject({ mailServers: ['office'], redisServers: ['main'], httpClients: ['payments'] })
  const resources = await openResources({
    instance: 'shop-1',
    registry: createRegistry({ kindNamed }),
    logger: pino({ level: 'silent' }),
    folder,
    applicationFolders: [ROOT],
    resources: {
      mailServers: mailServers.map((one) => ({
        ...one,
        url: `smtp://shop@127.0.0.1:${port}`,
        passwordFrom: `file:${join(folder, 'token')}`,
      })),
      redisServers: redisServers.map((one) => ({ ...one, url: `redis://127.0.0.1:${redis.port}` })),
      httpClients: httpClients.map((one) => ({
        ...one,
        url: `http://127.0.0.1:${(payments.address() as AddressInfo).port}/v1`,
        passwordFrom: `file:${join(folder, 'token')}`,
      })),
    },
  })
  onTestFinished(() => resources.close(1000))
  onTestFinished(installResources(resources))
  const file = join(folder, 'shop.mjs')
  const door = pathToFileURL(join(ROOT, 'runtime/src/application/index.ts')).href
  writeFileSync(file, blockOf('js').replace('@spyglass/runtime/application', door))
  const { order } = (await import(pathToFileURL(file).href)) as Application

  expect(await order('ann@example.org', 7)).toBe(1)
  await expect(order('ann@example.org', 7)).rejects.toThrow('not paid: 402')
  expect(charges[0]).toEqual(['/v1/charges', 'Bearer hush', { number: 1, amount: 7 }])
  expect(mails).toMatchObject([
    { from: 'shop@example.org', to: ['ann@example.org'], user: 'shop', text: expect.stringContaining('Order 1') },
  ])
})

test('its commands name settings, attributes and an operation that there are', () => {
  const commands = [...page.matchAll(/^spyglass (.+)$/gm)].map(([, command]) => command)
  expect(commands).toEqual(["get 'httpClient.*'", 'set httpClients.payments.timeoutMs=2000', 'invoke mailServer.shop-1.office verify'])
  expect(Object.keys(kindNamed('mailServer')?.operations ?? {})).toEqual(['verify'])
})
