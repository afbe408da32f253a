import { createServer, request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { post } from '../../../collector/src/notify/post.ts'
import { makeCertificate, readCertificate } from '../../support/certificates.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { receiverConfig, startReceiver } from './receiver.ts'

const never = new AbortController().signal
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port

/** An HTTP proxy: it tunnels, and it hands on requests without TLS. */
async function startProxy() {
  const asked: string[] = []
  const server = createServer((incoming, answer) => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization'] ?? ''}`.trim())
    incoming.pipe(
      request(incoming.url ?? '', { method: incoming.method }, (response) => response.pipe(answer.writeHead(response.statusCode ?? 0))),
    )
  })
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`)
    const [host = '', port] = (incoming.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [onward, socket]) end.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: (user = '') => `http://${user}127.0.0.1:${portOf(server)}`, asked }
}

test('a certificate is trusted if its authority is set, and refused otherwise; also behind a proxy', async (context) => {
  const files = makeCertificate(context, tempFolder(), ['localhost'])
  const server = createTlsServer(readCertificate(files), (_, answer) => answer.end('secure'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `https://localhost:${portOf(server)}/`
  const authorities = files.certificate
  expect(await post({ url, body: '' }, receiverConfig({ authorities }), never)).toEqual({ status: 200, text: 'secure' })
  await expect(post({ url, body: '' }, receiverConfig(), never)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  const proxy = await startProxy()
  expect(await post({ url, body: '' }, receiverConfig({ authorities, proxy: proxy.url() }), never)).toMatchObject({ text: 'secure' })
  expect(proxy.asked).toEqual([`CONNECT localhost:${portOf(server)}`])
})

test('a request without TLS goes over the proxy, with the user in its address', async () => {
  await using receiver = await startReceiver()
  const proxy = await startProxy()
  const config = { ...receiver.config, proxy: proxy.url('anna:hush@') }
  expect(await post({ url: receiver.config.url!, body: '{}' }, config, never)).toEqual({ status: 200, text: 'thanks' })
  expect(proxy.asked).toEqual([`POST ${receiver.config.url} Basic ${Buffer.from('anna:hush').toString('base64')}`])
})

test('an internal proxy that a command set is not used, nor an internal target behind one that the file has', async () => {
  await using receiver = await startReceiver()
  const proxy = await startProxy()
  const config = { ...receiver.config, proxy: proxy.url() }
  for (const guarded of [['proxy'], ['url']] as const)
    await expect(post({ url: receiver.config.url!, body: '{}' }, { ...config, guarded }, never)).rejects.toMatchObject({
      code: 'SPY_RECEIVER_INTERNAL',
    })
  expect([proxy.asked, receiver.requests]).toEqual([[], []])
})

test('a long answer is not read to its end', async () => {
  const server = createServer((_, answer) => void answer.write('x'.repeat(1_000_000))) // and never ends
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const answer = await post({ url: `http://127.0.0.1:${portOf(server)}/`, body: '' }, receiverConfig(), never)
  expect(answer.text.length).toBe(16_384)
  server.closeAllConnections()
  server.close()
})
