import fastify from 'fastify'
import { createLogger } from '@spyglass/process/logger'
import { ownConnection } from '@spyglass/process/own-client'
import { servePort } from '@spyglass/process/own-port'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { ownFetch } from '../../../../runtime/process/src/own-client/own-fetch.ts'
import { makeCertificate } from '../../../support/certificates.ts'
import { testPort } from '../../../support/own-port.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

/** Answers with what it was asked. */
async function serve(settings: object) {
  const app = fastify()
  app.all('/echo', (request) => ({ method: request.method, body: request.body ?? null, authorization: request.headers.authorization }))
  app.get('/slow', () => new Promise(() => {}))
  const port = testPort('management', {}, settings)
  const served = await servePort(app, { port, logger: createLogger({ process: 'test', level: 'silent' }) })
  onTestFinished(() => served.close(0))
  return ownConnection({ ...port, addresses: [{ host: '127.0.0.1', port: served.port }] }, 'the token')
}

const json = { 'content-type': 'application/json' }

test('over TLS the certificate of the port is trusted at its address; the token is sent where the port asks for credentials', async (context: TestContext) => {
  const tls = { certificates: [makeCertificate(context, tempFolder(), ['apm.example'])] }
  const { url, fetch } = await serve({ tls, credentials: 'required' })
  expect(url).toMatch(/^https:/)
  const answer = await fetch(`${url}/echo`, { method: 'POST', headers: json, body: '{"a":"ü"}' })
  expect([answer.ok, answer.status, answer.headers.get('Content-Type')]).toEqual([true, 200, 'application/json; charset=utf-8'])
  expect(await answer.json()).toEqual({ method: 'POST', body: { a: 'ü' }, authorization: 'Bearer the token' })
})

test('over plain HTTP it is as fetch is: statuses, aborts, a port where nobody is', async () => {
  const { url, fetch, agent } = await serve({})
  expect(await (await fetch(`${url}/echo`)).json()).toEqual({ method: 'GET', body: null })
  expect([(await fetch(`${url}/none`)).ok, (await fetch(`${url}/none`)).status]).toEqual([false, 404])
  await expect(fetch(`${url}/slow`, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/abort/i)
  await expect(ownFetch(agent)('http://127.0.0.1:9/')).rejects.toThrow(/ECONNREFUSED/)
})
