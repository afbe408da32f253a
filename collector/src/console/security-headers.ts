/** Headers of every answer. Nothing comes from elsewhere, nothing runs inline, nobody frames us. */
import type { FastifyReply } from 'fastify'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // not `no-referrer`: browsers then send `Origin: null` with our own form, and the check of the origin would refuse it
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
}

export function setSecurityHeaders(reply: FastifyReply, isHttps: boolean): void {
  reply.headers(securityHeaders)
  if (isHttps) reply.header('strict-transport-security', 'max-age=31536000')
}
