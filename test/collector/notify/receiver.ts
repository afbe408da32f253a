/** A receiver of pages: a real HTTP server that remembers what it was sent. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ReceiverConfig } from '@spyglass/process/config'
import type { Page } from '../../../collector/src/notify/index.ts'
import { until } from '../../support/until.ts'

export interface Receiver extends AsyncDisposable {
  readonly config: ReceiverConfig
  readonly pages: Page[]
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }[]
  /** Status of the next answers; 200 at first. */
  answer: number
  /** Their body. */
  says: string
  /** Their header `Retry-After`; none at first. */
  retryAfter?: string
  /** Waits for that many pages. */
  got(count: number, deadlineMs?: number): Promise<Page[]>
}

export const receiverConfig = (over: Partial<ReceiverConfig> = {}): ReceiverConfig => ({
  name: 'pager',
  type: 'webhook',
  headers: {},
  to: [],
  matchers: [],
  hours: [],
  timeoutMs: 2000,
  onlyEscalated: false,
  ...over,
})

export async function startReceiver(over: Partial<ReceiverConfig> = {}): Promise<Receiver> {
  const pages: Page[] = []
  const requests: Receiver['requests'] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      requests.push({ url: request.url ?? '', headers: request.headers, body })
      if (receiver.answer < 300) pages.push(JSON.parse(body))
      const wait = receiver.retryAfter === undefined ? {} : { 'retry-after': receiver.retryAfter }
      response.writeHead(receiver.answer, receiver.answer === 302 ? { location: '/elsewhere' } : wait).end(receiver.says)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`
  const receiver: Receiver = {
    config: receiverConfig({ url, ...over }),
    pages,
    requests,
    answer: 200,
    says: 'thanks',
    async got(count, deadlineMs = 5000) {
      await until(() => pages.length >= count, deadlineMs)
      return pages
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}
