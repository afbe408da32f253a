import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '@spyglass/process/http-server'
import { freePort } from '../../../support/free-port.ts'

test('a taken port is reported by number and name', async () => {
  const [first, second] = [fastify(), fastify()]
  onTestFinished(async () => void (await Promise.all([first.close(), second.close()])))
  const where = { name: 'management.port', host: '127.0.0.1', port: await freePort() }
  await listen(first, where)
  await expect(listen(second, where)).rejects.toMatchObject({
    code: 'SPY_PORT_TAKEN',
    message: expect.stringContaining(`${where.port} (management.port)`),
  })
})

test('another failure keeps its reason', async () => {
  const app = fastify()
  onTestFinished(() => app.close())
  await expect(listen(app, { name: 'management', host: '192.0.2.1', port: await freePort() })).rejects.toMatchObject({
    code: 'SPY_LISTEN_FAILED',
  })
})
