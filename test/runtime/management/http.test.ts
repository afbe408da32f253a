import { kindNamed, kinds } from '@spyglass/agent/contract'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, onTestFinished, test } from 'vitest'
import { buildManagement } from '../../../runtime/src/management/http.ts'
import { readinessOf } from '../../../runtime/src/management/readiness.ts'

const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`

async function management(state = 'ready') {
  const registry = createRegistry({ kindNamed })
  const asked: string[] = []
  registry.adopt('keeper', {
    time: 1,
    resources: [
      { kind: 'server', keys: { name: 's' }, values: { name: 's', notReady: [] } },
      { kind: 'instance', keys: { name: 'http-1' }, values: { name: 'http-1', state } },
    ],
  })
  const app = await buildManagement({
    registry,
    logger: createLogger({ process: 'test', level: 'silent' }),
    agentId: 'id',
    version: '0',
    credentials: { user: 'admin', password: 'secret' },
    readiness: () => readinessOf(registry),
    reload: async (target) => {
      asked.push(target)
      if (target === 'nobody') throw new TypeError('no such process')
      return `reloaded ${target || 'all'}`
    },
  })
  onTestFinished(() => app.close())
  return { app, asked }
}

test('it is ready when every instance is, and says which is not', async () => {
  const ready = await (await management()).app.inject('/ready')
  expect([ready.statusCode, ready.json()]).toEqual([200, { ready: true, reasons: [] }])
  const down = await (await management('down')).app.inject('/ready')
  expect([down.statusCode, down.json()]).toEqual([503, { ready: false, reasons: ['instance http-1 is down'] }])
})

test('a reload needs the credentials, and its failure is told', async () => {
  const { app, asked } = await management()
  const post = (instance: string, headers: Record<string, string> = { authorization }) =>
    app.inject({ method: 'POST', url: '/api/v1/reload', headers, payload: { instance } })
  expect((await post('http-1', {})).statusCode).toBe(401)
  expect(asked).toEqual([])
  expect((await post('http-1')).json()).toEqual({ message: 'reloaded http-1' })
  expect((await post('nobody')).statusCode).toBe(409)
})

test('Jolokia and Prometheus answer on it, and writing is refused', async () => {
  const { app } = await management()
  const read = await app.inject(`/jolokia/read/spyglass:type=${kinds.instance.type},name=http-1/state`)
  expect(read.json()).toMatchObject({ status: 200, value: 'ready' })
  expect((await app.inject('/metrics')).body).toContain('spyglass_instance_state')
  const write = await app.inject({
    method: 'POST',
    url: '/jolokia/',
    payload: { type: 'write', mbean: 'spyglass:type=Instance,name=http-1', attribute: 'state', value: 'x' },
  })
  expect(write.json()).toMatchObject({ status: 403 })
})

test('the page of another site is refused metrics as it is refused MBeans', async () => {
  const { app } = await management()
  for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const { statusCode, body } = await app.inject({ url: '/metrics', headers })
    expect({ statusCode, isTold: body.includes('spyglass_') }).toEqual({ statusCode: 403, isTold: false })
  }
})
