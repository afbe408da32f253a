/** Whether a request that changes something comes from the console itself (or from no browser at all). */
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Browsers name the origin of every POST. Behind a proxy that ends TLS the scheme differs from ours, so the host is compared;
 * `publicUrl` is the other address under which people reach us. No browser: neither header is there.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders, publicUrl: string | undefined): boolean {
  const { origin, host } = headers
  if (origin === undefined) {
    const site = headers['sec-fetch-site']
    return site === undefined || site === 'same-origin' || site === 'none'
  }
  if (!URL.canParse(origin)) return false
  return new URL(origin).host === host || (publicUrl !== undefined && new URL(publicUrl).origin === origin)
}
