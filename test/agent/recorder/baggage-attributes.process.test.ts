import { expect, test } from 'vitest'
import { recorded } from '../../support/instrumented.ts'

test('baggage becomes attributes of the root span by a list of keys, also what the application sets itself', async () => {
  const { traces } = await recorded(
    `
import http from 'node:http'
import { context, propagation } from '@opentelemetry/api'
declare const withServer: (server: http.Server, use: (url: string) => Promise<unknown>) => Promise<unknown>
async function main() {
  const server = http.createServer((_request, response) => {
    const more = propagation.createBaggage({ plan: { value: 'gold' }, hidden: { value: '2' } })
    context.with(propagation.setBaggage(context.active(), more), () => response.end())
  })
  await withServer(server, (url) => new Promise((resolve) => {
    http.get(url, { agent: false, headers: { baggage: 'tenant=acme,other=1' } }, (answer) => answer.resume().on('close', resolve))
  }))
}`,
    { form: 'esm', env: { SPYGLASS_BAGGAGE_ATTRIBUTES: 'tenant,plan' } },
  )
  const { attributes } = traces.map(({ root }) => root).find(({ kind }) => kind === 2) ?? {}
  expect(attributes).toMatchObject({ tenant: 'acme', plan: 'gold' })
  expect(Object.keys(attributes ?? {})).not.toContain('other')
  expect(Object.keys(attributes ?? {})).not.toContain('hidden')
})
