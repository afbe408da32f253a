/** Who may ask: any program, but no other site through a browser on this machine. */
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { fail } from './errors.ts'

/** Refuses requests that a browser sends for another site, and host names that an attacker may have pointed here (DNS rebinding). */
export function checkCaller({ headers, socket }: Pick<FastifyRequest, 'headers' | 'socket'>): void {
  const { origin, host } = headers
  if (headers['sec-fetch-site'] === 'cross-site') throw fail('SPY_JOLOKIA_ORIGIN', [origin ?? 'of another site'])
  if (origin !== undefined && hostOfOrigin(origin) !== host) throw fail('SPY_JOLOKIA_ORIGIN', [origin.slice(0, 200)])
  if (host !== undefined && isLoopback(socket.localAddress) && !isHonestName(host)) throw fail('SPY_JOLOKIA_HOST', [host.slice(0, 200)])
}

function hostOfOrigin(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || address.replace(/^::ffff:/, '').startsWith('127.'))
}

/** DNS rebinding: a foreign name is pointed at the loopback address, and the browser takes what answers for that site. Addresses cannot be. */
function isHonestName(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0
}
