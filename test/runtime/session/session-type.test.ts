import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { installResources, openResources, session } from '../../../runtime/src/resource/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { openVisitors, startStore } from './fixture.ts'

test('`session` finds the sessions of its application by their name', async () => {
  expect(() => session('visitors')).toThrow(expect.objectContaining({ code: 'SPY_SESSIONS_CLOSED' }))
  const store = await startStore(tempFolder())
  const resources = await openResources({
    instance: 'shop-1',
    registry: createRegistry({ kindNamed }),
    logger: pino({ enabled: false }),
    folder: '/',
    sessions: { socket: store.socket, secrets: { visitors: { key: 'k'.repeat(43), token: 't' } } },
    resources: { sessions: [{ name: 'visitors' }] },
  })
  const uninstall = installResources(resources)
  expect(session('visitors')).toBe(resources.get('sessions', 'visitors'))
  expect(() => session('others')).toThrow(
    expect.objectContaining({ code: 'SPY_SESSION_NAME_UNKNOWN', message: expect.stringContaining('visitors') }),
  )
  uninstall()
  await resources.close(0)
  await store.end()
})

test.each([
  ['SPY_SESSION_KEY_MISSING', {}],
  ['SPY_SESSION_PACKAGE', { signingKey: 'k'.repeat(32) }],
])('outside a server, and without the package of its store: %s', async (code, given) => {
  const open = openResources({
    instance: 'shop-1',
    registry: createRegistry({ kindNamed }),
    logger: pino({ enabled: false }),
    folder: '/',
    resources: { sessions: [{ name: 'visitors', store: 'redis', url: 'redis://127.0.0.1:1', ...given }] },
  })
  await expect(open).rejects.toMatchObject({ code })
})

test('what is shown of it is gone when it is closed', async () => {
  const store = await startStore(tempFolder())
  const instance = await openVisitors(store.socket)
  expect([instance.read('store'), instance.read('state'), instance.read('active')]).toEqual(['server', 'ok', undefined])
  await instance.close()
  expect(instance.read('store')).toBeUndefined()
  await store.end()
})
