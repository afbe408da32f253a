/** From the settings of a listener to what serves it. */
import { AddressList } from '../listener/address-list.ts'
import { openCompression } from '../listener/compression.ts'
import type { ListenerOptions } from '../listener/http-listener.ts'
import { TlsCertificates } from '../listener/tls-certificates.ts'
import type { InstanceShare } from './share.ts'

/** @throws SPY_TLS_UNREADABLE, SPY_TLS_INVALID */
export async function listenerOptions(
  share: Pick<InstanceShare, 'listener' | 'headersTimeoutMs' | 'redirectPort'>,
): Promise<ListenerOptions> {
  const { listener, headersTimeoutMs, redirectPort } = share
  const { name, limits, healthPath, readyPath, trustedProxies, proxyProtocol, compression, tls } = listener
  const { certificates, http2, ...secure } = tls
  return {
    limits: { headersTimeoutMs, ...limits },
    healthPath,
    readyPath,
    redirectPort,
    trustedProxies: new AddressList(trustedProxies),
    proxyProtocol,
    ...(compression ? { compress: await openCompression() } : {}),
    ...(certificates.length > 0 ? { tls: { certificates: new TlsCertificates({ listener: name, certificates, ...secure }), http2 } } : {}),
  }
}
