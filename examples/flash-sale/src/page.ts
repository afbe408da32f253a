/** The page of the sale, from memory. It is the same for everybody: whatever stands in front (a CDN, nginx) keeps it and asks once a minute. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'

const html = readFileSync(join(import.meta.dirname, '../page/index.html'))
const etag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 16)}"`
const cached = { etag, 'cache-control': 'public, max-age=60, stale-while-revalidate=600' }

export function sendPage(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['if-none-match'] === etag) response.writeHead(304, cached).end()
  else response.writeHead(200, { ...cached, 'content-type': 'text/html; charset=utf-8', 'content-length': html.length }).end(html)
}
