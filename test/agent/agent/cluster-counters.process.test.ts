import http from 'node:http'
import { expect, test } from 'vitest'
import { agentSource, messageOf, startApplication } from '../../support/agent-process.ts'
import { until } from '../../support/until.ts'

interface Answer {
  readonly counters: { readonly requests: number; readonly errors: number; readonly active: number }
  readonly workers: number
  readonly seen: readonly unknown[]
}

const get = (port: number, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    http.get({ port, path, agent: false }, (response) => response.resume().on('end', resolve)).on('error', reject)
  })

test('what workers of a cluster serve counts for the process that forked them, also after they have ended; the program sees no message of it', async () => {
  const program = startApplication('cluster.mjs', {
    env: { OTEL_RESOURCE_ATTRIBUTES: 'spyglass.process.name=shop-1', OTEL_SDK_DISABLED: 'false' },
  })
  const { port } = await messageOf<{ port: number }>(program)
  const ask = async (): Promise<Answer> => {
    program.child.send({ agent: agentSource('current-agent.ts') })
    return messageOf<Answer>(program)
  }
  await ask()
  for (let at = 0; at < 6; at++) await get(port, at < 2 ? '/bad' : '/')
  await until(async () => (await ask()).counters.requests === 6)
  expect((await ask()).counters).toMatchObject({ errors: 2, active: 0 })
  program.child.send({ kill: true })
  await until(async () => (await ask()).workers === 1)
  expect(await ask()).toMatchObject({ counters: { requests: 6, errors: 2 }, seen: [] })
})
