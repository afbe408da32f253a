/** Admits requests by the client's certificate, where the settings name the authorities that issue them. */
import type { IncomingMessage } from 'node:http'
import type { Gate } from './http-listener.ts'

/**
 * The handshake asks for a certificate and goes on without one, so that a client is told what is missing instead of losing its connection, and so that
 * `isExempt` requests are served.
 */
export function clientCertificateGate(isExempt: (request: IncomingMessage) => boolean): Gate {
  return (request) => {
    const { authorized } = request.socket as { authorized?: boolean }
    return authorized === true || isExempt(request) ? undefined : 'client_certificate'
  }
}
