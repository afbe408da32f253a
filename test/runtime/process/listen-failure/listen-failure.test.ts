import { listenFailure } from '@spyglass/process/listen-failure'
import { expect, test } from 'vitest'

test('a taken port and any other failure have their codes, and name the setting', () => {
  const spec = { name: 'store.port', host: '127.0.0.1', port: 8123 }
  expect(listenFailure(spec, Object.assign(new Error('x'), { code: 'EADDRINUSE' }))).toMatchObject({
    code: 'SPY_PORT_TAKEN',
    message: expect.stringContaining('8123 (store.port)'),
  })
  expect(listenFailure(spec, new Error('no such address'))).toMatchObject({
    code: 'SPY_LISTEN_FAILED',
    message: 'cannot listen on 127.0.0.1 port 8123 (store.port): no such address',
  })
})
