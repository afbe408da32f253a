/** The TLS end of a listener: handshakes, with the certificate for the name that a client asks for and the protocol that both speak. */
import tls from 'node:tls'
import type { ListenerLimits } from './limits.ts'
import type { TlsCertificates } from './tls-certificates.ts'

export interface SecureOptions {
  readonly certificates: TlsCertificates
  /** Whether HTTP/2 is offered. */
  readonly http2: boolean
}

/** It listens nowhere: give it a connection by its event `connection`. */
export function secureServer(
  { certificates, http2 }: SecureOptions,
  { headersTimeoutMs }: ListenerLimits,
  onSecure: (socket: tls.TLSSocket) => void,
): tls.Server {
  const server = tls.createServer({
    ...certificates.first.options,
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    ...(headersTimeoutMs > 0 ? { handshakeTimeout: headersTimeoutMs } : {}),
    SNICallback: (servername, done) => done(null, certificates.for(servername).context),
  })
  server.on('secureConnection', onSecure)
  server.on('tlsClientError', (_error: Error, socket: tls.TLSSocket) => socket.destroy())
  return server
}
