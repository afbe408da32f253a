import fastify from 'fastify'
import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { servePort } from '@spyglass/process/own-port'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../support/free-port.ts'
import { testPort } from '../../../support/own-port.ts'

const logger = createLogger({ process: 'test', level: 'silent' })

async function serve(...addresses: readonly { readonly host: string; readonly port: number }[]): Promise<void> {
  const served = await servePort(fastify(), { port: testPort('management', { addresses }), logger })
  onTestFinished(() => served.close(0))
}

test('a taken port is reported by number and name', async () => {
  const port = await freePort()
  await serve({ host: '127.0.0.1', port })
  await expect(serve({ host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'SPY_PORT_TAKEN',
    message: expect.stringContaining(`${port} (management.port)`),
  })
})

test('another failure keeps its reason', async () => {
  await expect(serve({ host: '192.0.2.1', port: await freePort() })).rejects.toMatchObject({ code: 'SPY_LISTEN_FAILED' })
})

test('a port listens on all of its addresses, or on none when one of them is taken', async () => {
  const [first, second, third] = [await freePort(), await freePort(), await freePort()]
  const at = (port: number) => ({ host: '127.0.0.1', port })
  await serve(at(first), at(second))
  for (const port of [first, second]) expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
  await expect(serve(at(third), at(second))).rejects.toMatchObject({ code: 'SPY_PORT_TAKEN' })
  await serve(at(third))
})

test('a port is shown as a listener of its process, by the section of its settings, until it is closed', async () => {
  const registry = createRegistry({ kindNamed })
  const names = () => [...registry.beans()].map(({ name }) => name)
  const served = await servePort(fastify(), { port: testPort('console'), registry, logger })
  onTestFinished(() => served.close(0))
  await fetch(`http://127.0.0.1:${served.port}/none`)
  const shown = registry.find('spyglass:type=Listener,instance=collector,name=console')
  expect(['host', 'port', 'protocol', 'state', 'requests', 'refused'].map((attribute) => shown?.read(attribute))).toEqual([
    '127.0.0.1',
    served.port,
    'http',
    'open',
    1,
    0,
  ])
  expect(Number(shown?.read('bytesSent'))).toBeGreaterThan(0)
  await served.close(0)
  expect(names()).toEqual([])
})

test('a page of another site is told what would admit it where telemetry of browsers comes', async () => {
  const adviceOf = async (section: 'collector' | 'management'): Promise<string> => {
    const served = await servePort(fastify(), { port: testPort(section), logger })
    onTestFinished(() => served.close(0))
    const answer = await fetch(`http://127.0.0.1:${served.port}/`, { headers: { origin: 'https://evil.example' } })
    expect(answer.status).toBe(403)
    return await answer.text()
  }
  expect(await adviceOf('collector')).toContain('collector.allowedOrigins')
  expect(await adviceOf('management')).not.toContain('collector.allowedOrigins')
})
