import https from 'node:https'
import { expect, test, type TestContext } from 'vitest'
import { clientCertificateGate } from '../../../../runtime/process/src/listener/client-certificate.ts'
import { TlsCertificates } from '../../../../runtime/process/src/listener/tls-certificates.ts'
import { type CertificateFiles, issueCertificate, makeCertificate, readCertificate } from '../../../support/certificates.ts'
import { openListener } from '../../../support/listener.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

function ask(port: number, path: string, client?: CertificateFiles): Promise<string> {
  return new Promise((resolve, reject) => {
    const shown = client ? readCertificate(client) : {}
    const request = https.get({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false, ...shown }, (response) => {
      let body = ''
      response.on('data', (chunk) => (body += String(chunk))).on('end', () => resolve(`${response.statusCode} ${body}`))
    })
    request.on('error', reject)
  })
}

test('a request needs a client certificate of one of the authorities, unless it is exempt; without one it is told so', async (context: TestContext) => {
  const folder = tempFolder()
  const authority = makeCertificate(context, folder, ['authority'])
  const stranger = makeCertificate(context, folder, ['stranger'])
  const certificates = new TlsCertificates({
    listener: 'https',
    certificates: [makeCertificate(context, folder, ['a.test'])],
    clientAuthorities: authority.certificate,
  })
  const { port, listener } = await openListener((_request, response) => response.end('served'), {
    tls: { certificates, http2: false },
    gates: [clientCertificateGate(({ url }) => url === '/health')],
  })
  expect(await ask(port, '/', issueCertificate(context, folder, authority, 'client'))).toBe('200 served')
  for (const client of [undefined, stranger, issueCertificate(context, folder, stranger, 'guest')])
    expect(await ask(port, '/', client)).toMatch(/^403 .*SPY_CLIENT_CERTIFICATE/)
  expect(await ask(port, '/health')).toBe('200 served')
  expect(listener.counts.refused).toBe(3)
})
