/** A receiver of pages: a real HTTP server that remembers what it was sent. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebhookConfig } from '@spyglass/process/config'
import type { Page } from '../../../collector/src/notify/index.ts'
import { until } from '../../support/until.ts'

export interface Receiver extends AsyncDisposable {
  readonly config: WebhookConfig
  readonly pages: Page[]
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders }[]
  /** Status of the next answers; 200 at first. */
  answer: number
  /** Waits for that many pages. */
  got(count: number, deadlineMs?: number): Promise<Page[]>
}

export async function startReceiver(over: Partial<WebhookConfig> = {}): Promise<Receiver> {
  const pages: Page[] = []
  const requests: Receiver['requests'] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      requests.push({ url: request.url ?? '', headers: request.headers })
      if (receiver.answer < 300) pages.push(JSON.parse(body))
      response.writeHead(receiver.answer, receiver.answer === 302 ? { location: '/elsewhere' } : {}).end('thanks')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`
  const receiver: Receiver = {
    config: { name: 'pager', type: 'webhook', url, headers: {}, timeoutMs: 2000, onlyEscalated: false, ...over },
    pages,
    requests,
    answer: 200,
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
