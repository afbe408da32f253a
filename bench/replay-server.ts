/**
 * The floor under an HTTP endpoint: a bare `node:http` server that answers each request with the bytes and headers that the endpoint gave the first
 * time. What the endpoint costs beyond it is our own work; the rest is Node, the kernel and the machine.
 */
import { type IncomingMessage, createServer, request as httpRequest } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

interface Answer {
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
}

/** Headers that each server writes for its own connection. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'date', 'transfer-encoding'])

/** Starts the server on a free port of the loopback address; resolves with its URL. `target` is the URL of the endpoint. */
export async function startReplayServer(target: string): Promise<string> {
  const known = new Map<string, Answer>()
  const server = createServer((request, response) => {
    void (async () => {
      const body = request.method === 'POST' ? await buffer(request) : undefined
      const key = `${request.method} ${request.url} ${request.headers['accept-encoding']}`
      let answer = known.get(key)
      if (!answer) known.set(key, (answer = await answerOf(target, request, body)))
      response.writeHead(200, answer.headers).end(answer.bytes)
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answerOf(target: string, { method, url, headers }: IncomingMessage, body: Buffer | undefined): Promise<Answer> {
  const request = httpRequest(target + url, { method, headers: { ...headers, host: new URL(target).host } })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`${method} ${url}: ${response.statusCode}`)
  const kept = Object.entries(response.headers).filter(([name]) => !OF_THE_CONNECTION.has(name))
  return { headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])), bytes: await buffer(response) }
}
