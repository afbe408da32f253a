/**
 * Whatever a client sends, in whatever pieces: the application's parser sees exactly the requests that the router let through. Each of those ends with the
 * router's own field, which no client can send: a request without it, or a parser that objects, would be one that only the application saw.
 */
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { PEER_HEADER } from '../../../runtime/process/src/listener/peer.ts'
import { bodiesOf, exchange, openRouter, rawApplication } from '../../support/routed.ts'
import { tempFolder } from '../../support/temp-folder.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly peer: string
  readonly body: string
}

const seen: Seen[] = []
const objections: string[] = []

/** An application that takes down what its parser sees. */
async function observed(): Promise<string> {
  const path = join(tempFolder(), 'a.sock')
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', rawHeaders } = request
      const peer = rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === PEER_HEADER).join('|')
      seen.push({ method, url, peer, body: Buffer.concat(chunks).toString('latin1') })
      response.end('ok')
    })
  })
  // A request that its client gives up is given up here, too.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'HPE_INVALID_EOF_STATE') objections.push(`${error.code}`)
    socket.destroy()
  })
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return path
}

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
const fragment = fc.constantFrom(
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  `POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  `POST /short HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n${HIDDEN}`,
  `POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
  `POST /empty HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  `POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  `POST /twice HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  `POST /named HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\nConnection: Content-Length\r\n\r\n${HIDDEN}`,
  `POST /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  `GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${HIDDEN}`,
  `GET /old HTTP/1.0\r\n\r\n${HIDDEN}`,
  `GET /expect HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok`,
  `${PEER_HEADER}: forged\r\n`,
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Content-Length: 3\r\n',
  'Host: a\r\n',
  ' folded\r\n',
  '\r\n',
  '\n',
  '\r',
  '\0',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'HTTP/1.1\r\n',
)

const stream = fc.record({
  fragments: fc.array(fragment, { minLength: 1, maxLength: 6 }),
  /** Bytes replaced, put in and taken out. */
  mutations: fc.array(fc.record({ at: fc.nat(), byte: fc.constantFrom(0, 9, 10, 13, 32, 58, 59, 48, 65, 127, 200), kind: fc.nat(2) }), {
    maxLength: 3,
  }),
  cuts: fc.array(fc.nat(), { maxLength: 5 }),
})

function bytesOf({
  fragments,
  mutations,
}: {
  fragments: readonly string[]
  mutations: readonly { at: number; byte: number; kind: number }[]
}): Buffer {
  let bytes = [...Buffer.from(fragments.join(''), 'latin1')]
  for (const { at, byte, kind } of mutations) {
    const where = at % (bytes.length + 1)
    bytes = [...bytes.slice(0, where), ...(kind === 2 ? [] : [byte]), ...bytes.slice(kind === 0 ? where : where + 1)]
  }
  return Buffer.from(bytes)
}

/** Sends pieces, then says that nothing follows. */
async function send(port: number, pieces: readonly Buffer[]): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk) => (answer += String(chunk)))
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.end()
  if (!socket.closed) await once(socket, 'close')
  return answer
}

function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length)).filter(({ length }) => length > 0)
}

test('no request reaches the application that the router did not see', async () => {
  const { port, listener } = await openRouter([{ path: await observed() }], { healthPath: '', readyPath: '' })
  await fc.assert(
    fc.asyncProperty(stream, async ({ cuts, ...what }) => {
      const before = listener.counts.requests
      seen.length = objections.length = 0
      await send(port, piecesOf(bytesOf(what), cuts))
      expect(objections).toEqual([])
      expect(seen.length).toBeLessThanOrEqual(listener.counts.requests - before)
      for (const { peer } of seen) expect(peer).toMatch(/^127\.0\.0\.1 127\.0\.0\.1 \d+ 127\.0\.0\.1 \d+ - app-0$/)
    }),
    { numRuns: 400 },
  )
})

test('well-formed requests arrive whole and in order, however they are split', async () => {
  const { port } = await openRouter([{ path: await observed() }])
  const one = fc.record({ body: fc.option(fc.string({ maxLength: 60 })), isChunked: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), async (requests, cuts) => {
      seen.length = 0
      const bytes = Buffer.concat(
        requests.map(({ body, isChunked }, at) => {
          if (body === null) return Buffer.from(`GET /${at} HTTP/1.1\r\nHost: a\r\n\r\n`)
          const content = Buffer.from(body)
          const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${content.length}`
          const chunk = content.length === 0 ? [] : [Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')]
          const framed = isChunked ? [...chunk, Buffer.from('0\r\n\r\n')] : [content]
          return Buffer.concat([Buffer.from(`POST /${at} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`), ...framed])
        }),
      )
      const answers = await send(port, piecesOf(bytes, cuts))
      expect(seen.map(({ url, body }) => [url, body])).toEqual(
        requests.map(({ body }, at) => [`/${at}`, body === null ? '' : Buffer.from(body).toString('latin1')]),
      )
      expect(bodiesOf(answers)).toEqual(requests.map(() => 'ok'))
    }),
    { numRuns: 150 },
  )
})

test('an answer arrives as the application sent it, however it is split', async () => {
  let next: readonly Buffer[] = []
  const raw = await rawApplication((socket) =>
    socket.on('data', () => {
      const write = (at: number): void => {
        const piece = next[at]
        if (piece) socket.write(piece, () => setImmediate(write, at + 1))
      }
      write(0)
    }),
  )
  const { port } = await openRouter([{ path: raw }])
  const framing = fc.constantFrom('length', 'chunked', 'interim')
  await fc.assert(
    fc.asyncProperty(framing, fc.string({ maxLength: 100 }), fc.array(fc.nat(), { maxLength: 8 }), async (how, body, cuts) => {
      const content = Buffer.from(body)
      const chunk = content.length === 0 ? '' : `${content.length.toString(16)}\r\n${content.toString('latin1')}\r\n`
      const framed =
        how === 'chunked'
          ? `Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`
          : `Content-Length: ${content.length}\r\n\r\n${content.toString('latin1')}`
      const interim = how === 'interim' ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' : ''
      next = piecesOf(Buffer.from(`${interim}HTTP/1.1 200 OK\r\nX-A: b\r\n${framed}`, 'latin1'), cuts)
      const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      expect(answer).toBe(`${interim}HTTP/1.1 200 OK\r\nX-A: b\r\n${framed.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')}`)
    }),
    { numRuns: 100 },
  )
})
