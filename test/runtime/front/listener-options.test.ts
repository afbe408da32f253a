import { loadConfig } from '@spyglass/process/config'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { listenerOptions } from '../../../runtime/src/front/listener-options.ts'
import { defaultLimits } from '../../../runtime/process/src/listener/limits.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const optionsOf = async (yaml: string, folder = tempFolder()) => {
  writeFileSync(join(folder, 'spyglass.yaml'), yaml)
  const { listeners, server } = loadConfig({ file: join(folder, 'spyglass.yaml') })
  const [listener] = listeners
  if (!listener) throw new TypeError('no listener')
  return await listenerOptions({ listener, headersTimeoutMs: server.headersTimeoutMs, redirectPort: undefined })
}

test('the defaults of the settings are those of the listener', async () => {
  const { limits, healthPath, readyPath, proxyProtocol, tls, compress, trustedProxies } = await optionsOf('')
  expect(limits).toEqual(defaultLimits)
  expect({ healthPath, readyPath, proxyProtocol, tls, compress }).toEqual({
    healthPath: '/health',
    readyPath: '/ready',
    proxyProtocol: false,
    tls: undefined,
    compress: undefined,
  })
  expect(trustedProxies?.has('127.0.0.1')).toBe(true)
  expect(trustedProxies?.has('10.0.0.1')).toBe(false)
})

test('limits, proxies, certificates and compression of the file reach the listener; files are relative to it', async (context: TestContext) => {
  const folder = tempFolder()
  makeCertificate(context, folder, ['a.test'])
  const yaml = `listeners:
  - name: http
    limits: { bodyTimeoutMs: 5000, maxBodyBytes: 10 }
    trustedProxies: [10.0.0.0/8]
    compression: true
    tls: { http2: false, certificates: [{ certificate: a.test.crt, key: a.test.key }] }
`
  const { limits, trustedProxies, compress, tls } = await optionsOf(yaml, folder)
  expect(limits).toMatchObject({ bodyTimeoutMs: 5000, maxBodyBytes: 10, bodyMinBytes: 16 })
  expect(trustedProxies?.has('10.1.2.3')).toBe(true)
  expect(compress).toBeTypeOf('function')
  expect(tls?.http2).toBe(false)
  expect(tls?.certificates.first.names).toEqual(['a.test'])
})

test('what cannot be is refused where it stands', () => {
  const refusal = (yaml: string): string => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'spyglass.yaml'), yaml)
    try {
      loadConfig({ file: join(folder, 'spyglass.yaml') })
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(refusal('listeners: [{ name: http, redirectTo: https }]')).toContain('listeners[0].redirectTo: "https": no such listener')
  expect(refusal('listeners: [{ name: http, redirectTo: b }, { name: b, port: 8443 }]')).toContain('this listener has no certificate')
  expect(refusal('listeners: [{ name: http, addresses: ["127.0.0.1:0"] }]')).toContain('listeners[0].addresses[0]')
  expect(refusal('listeners: [{ name: http, trustedProxies: ["10.0.0.0/40"] }]')).toContain('an address, a range')
  expect(refusal('hosts: [{ name: a.test, aliases: [b.test] }, { name: b.test }]')).toContain(
    'hosts[1].name: "b.test": already a name of host "a.test"',
  )
  expect(refusal('applications: [{ name: a, folder: ., host: none }]')).toContain(
    'applications[0].host: "none": no such host; configured: server',
  )
  expect(refusal('logs: { levels: { pool: loud } }')).toContain('logs.levels.pool: "loud": no such level')
  expect(refusal('logs: { access: { format: pattern } }')).toContain('logs.access.pattern: missing')
})
