import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { HttpListener, registerListener } from '@spyglass/process/listener'
import { expect, test } from 'vitest'
import { TlsCertificates } from '../../../../runtime/process/src/listener/tls-certificates.ts'
import { makeCertificate } from '../../../support/certificates.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

test('a listener is shown under its process and name until it is taken away, with what it counts now', () => {
  const registry = createRegistry({ kindNamed })
  const listener = new HttpListener()
  const hide = registerListener(registry, 'shop-1', { name: 'http', host: '127.0.0.1', port: 8080 }, listener)
  const shown = registry.find('spyglass:type=Listener,instance=shop-1,name=http')
  const read = (...names: readonly string[]) => names.map((name) => shown?.read(name))
  expect(read('host', 'port', 'protocol', 'state', 'requests')).toEqual(['127.0.0.1', 8080, 'http', 'closed', 0])
  expect(read('certificateExpiresIn')).toEqual([undefined])
  listener.countRequest()
  listener.countRefusal('body_too_large')
  expect(read('requests', 'refused', 'malformed', 'overLimit')).toEqual([1, 1, 1, 0])
  hide()
  expect(registry.find('spyglass:type=Listener,instance=shop-1,name=http')).toBeUndefined()
})

test('a listener with TLS says when the first of its certificates expires', (context) => {
  const registry = createRegistry({ kindNamed })
  const files = makeCertificate(context, tempFolder(), ['shop.example'])
  const tls = { certificates: new TlsCertificates({ listener: 'https', certificates: [files] }), http2: false }
  registerListener(registry, 'shop-1', { name: 'https', host: '127.0.0.1', port: 8443 }, new HttpListener({ tls }))
  const left = Number(registry.find('spyglass:type=Listener,instance=shop-1,name=https')?.read('certificateExpiresIn'))
  expect(left).toBeGreaterThan(86_000)
  expect(left).toBeLessThanOrEqual(86_400)
})
