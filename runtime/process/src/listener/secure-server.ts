/** The TLS end of a listener: handshakes, with the certificate for the name that a client asks for and the protocol that both speak. */
import type { Socket } from 'node:net'
import tls from 'node:tls'
import { codeOf } from '@spyglass/agent/contract'
import type { ListenerLimits } from './limits.ts'
import type { TlsCertificates } from './tls-certificates.ts'

export interface SecureOptions {
  readonly certificates: TlsCertificates
  /** Whether HTTP/2 is offered. */
  readonly http2: boolean
}

export interface SecureHandlers {
  readonly onSecure: (socket: tls.TLSSocket) => void
  /** A client spoke plain HTTP; the connection is still open. */
  readonly onPlain: (socket: Socket) => void
}

/** It listens nowhere: give it a connection by its event `connection`. */
export function secureServer(
  { certificates, http2 }: SecureOptions,
  { headersTimeoutMs }: ListenerLimits,
  { onSecure, onPlain }: SecureHandlers,
): tls.Server {
  const server = tls.createServer({
    ...certificates.first.options,
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    ...(certificates.asksClients ? { requestCert: true, rejectUnauthorized: false } : {}), // client-certificate.ts judges
    ...(headersTimeoutMs > 0 ? { handshakeTimeout: headersTimeoutMs } : {}),
    SNICallback: (servername, done) => done(null, certificates.for(servername).context),
  })
  server.on('secureConnection', onSecure)
  server.on('tlsClientError', (error: Error, socket: tls.TLSSocket) => {
    const { _parent: plain } = socket as { readonly _parent?: Socket }
    if (plain && codeOf(error) === 'ERR_SSL_HTTP_REQUEST') onPlain(plain)
    else socket.destroy()
  })
  return server
}
