import { copyFileSync } from 'node:fs'
import { once } from 'node:events'
import https from 'node:https'
import { join } from 'node:path'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { withTrust } from '../../../agent/src/tls-trust/tls-trust.ts'
import { type CertificateFiles, makeCertificate, readCertificate } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'

async function serve(files: CertificateFiles): Promise<{ readonly port: number; show(other: CertificateFiles): void }> {
  const server = https.createServer(readCertificate(files), (_request, response) => response.end('here'))
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port, show: (other) => server.setSecureContext(readCertificate(other)) }
}

/** `ok`, or the code of the error. */
function ask(port: number, agent: https.Agent): Promise<string> {
  return new Promise((resolve) => {
    https
      .get({ host: '127.0.0.1', port, agent, headers: { connection: 'close' } }, (response) =>
        response.resume().on('end', () => resolve('ok')),
      )
      .on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message))
  })
}

const trusting = (file: string): https.Agent => withTrust(new https.Agent({ maxCachedSessions: 0 }), { trusted: [file] })

test('a certificate that the file holds is trusted under any name, and no other one', async (context: TestContext) => {
  const folder = tempFolder()
  const [own, other] = [makeCertificate(context, folder, ['apm.example']), makeCertificate(context, folder, ['other.example'])]
  const { port } = await serve(own)
  expect(await ask(port, trusting(own.certificate))).toBe('ok')
  expect(await ask(port, trusting(other.certificate))).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  expect(await ask(port, withTrust(new https.Agent(), {}))).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  expect(await ask(port, trusting(join(folder, 'missing.crt')))).toBe('ENOENT')
})

test('a renewed certificate is trusted before and after the server shows it, without a new client', async (context: TestContext) => {
  const folder = tempFolder()
  const [old, renewed] = [makeCertificate(context, folder, ['a.test'], 'old'), makeCertificate(context, folder, ['a.test'], 'new')]
  const file = join(folder, 'current.crt')
  copyFileSync(old.certificate, file)
  const server = await serve(old)
  const { port } = server
  const agent = trusting(file)
  expect(await ask(port, agent)).toBe('ok')
  copyFileSync(renewed.certificate, file)
  expect(await ask(port, agent)).toBe('ok')
  server.show(renewed)
  expect(await ask(port, agent)).toBe('ok')
  expect(await ask(port, trusting(old.certificate))).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
})
