import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { loadConfig, ensureDataFolder, ensureSecrets } from '@spyglass/process/config'
import { expect, onTestFinished, test } from 'vitest'
import { OtlpDecoder } from '../../../../collector/src/decode/index.ts'
import { Redactor } from '../../../../collector/src/redact/redactor.ts'
import { otlpPost } from '../../../../runtime/src/management/subscriber/otlp-post.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { eventOf } from '../journal/events.ts'

/** A receiver that keeps what it gets. */
async function receiver() {
  const got: { readonly body: Buffer; readonly authorization: string | undefined; readonly path: string | undefined }[] = []
  const server = http.createServer((request, response) => {
    void buffer(request).then((body) => {
      got.push({ body, authorization: request.headers.authorization, path: request.url })
      response.writeHead(got.length > 2 ? 503 : 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { got, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('an event arrives as the same bytes from any process, without our token where the collector is not ours, and the status is the answer', async () => {
  const { got, endpoint } = await receiver()
  const data = tempFolder()
  const config = loadConfig({ base: { data, agent: { endpoint } } })
  const folder = ensureDataFolder(data)
  const secrets = ensureSecrets(folder.secrets)
  const entries = [{ position: 1, source: 'shop-1', event: eventOf('raise', Date.now()) }]
  const post = () => otlpPost({ config, folder, secrets }, 'management')(entries)
  expect([(await post()).status, (await post()).status, (await post()).status]).toEqual([200, 200, 503])
  expect(got[0]).toMatchObject({ path: '/v1/logs', authorization: undefined })
  expect(got[1]?.body.equals(got[0]!.body)).toBe(true)
  const now = Date.now()
  const window = { from: now / 1000 - 60, to: now / 1000 + 60, nowMs: now }
  const decoder = new OtlpDecoder(new Redactor())
  const { events } = decoder.decode(got[0]!.body, { signal: 'logs', isJson: false, window, isKnown: true })
  expect(events[0]?.event).toMatchObject({ ...entries[0]!.event })
  expect(events[0]?.instance).toMatch(/^management@/)
})

test('without a receiver the status is 0', async () => {
  const data = tempFolder()
  const config = loadConfig({ base: { data, agent: { endpoint: 'http://127.0.0.1:9' } } })
  const folder = ensureDataFolder(data)
  const post = otlpPost({ config, folder, secrets: ensureSecrets(folder.secrets) }, 'management')
  expect((await post([{ position: 1, source: 's', event: eventOf('note', 1) }])).status).toBe(0)
})
