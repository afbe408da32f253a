import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listenRequest } from '../../../../runtime/src/application/program/listen-request.ts'

const callback = (): void => undefined

test('every form of listen for TCP is read alike', () => {
  expect(listenRequest([])).toMatchObject({ port: 0, host: undefined })
  expect(listenRequest([undefined])).toMatchObject({ port: 0 })
  expect(listenRequest([callback])).toMatchObject({ port: 0, callback })
  expect(listenRequest([3000])).toMatchObject({ port: 3000, host: undefined, callback: undefined })
  expect(listenRequest(['3000', callback])).toMatchObject({ port: 3000, callback })
  expect(listenRequest([3000, '0.0.0.0', 100, callback])).toMatchObject({
    port: 3000,
    host: '0.0.0.0',
    options: { backlog: 100 },
    callback,
  })
  expect(listenRequest([3000, undefined, callback])).toMatchObject({ port: 3000, host: undefined, callback })
  expect(listenRequest([{ port: 3000, host: '::', ipv6Only: true }, callback])).toEqual({
    port: 3000,
    host: '::',
    options: { ipv6Only: true },
    callback,
  })
  expect(listenRequest([{ host: '127.0.0.1' }])).toMatchObject({ port: 0, host: '127.0.0.1' })
})

test('Unix sockets, handles and file descriptors are not for TCP', () => {
  for (const args of [['/tmp/a.sock'], [{ path: '/tmp/a.sock' }], [{ fd: 3 }], [{ _handle: {} }], ['']])
    expect(listenRequest(args)).toBeUndefined()
})

test('a port is any whole number that TCP has, as a number or a text; nothing throws', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), fc.boolean(), (port, asText) => {
      expect(listenRequest([asText ? String(port) : port])?.port).toBe(port)
    }),
  )
  fc.assert(fc.property(fc.array(fc.anything(), { maxLength: 4 }), (args) => void listenRequest(args)))
})
