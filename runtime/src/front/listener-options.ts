/** From the settings of a listener to what serves it. */
import type { InstanceGroup, ListenerConfig } from '@spyglass/process/checked-config'
import { AddressList, clientCertificateGate, isAt, type ListenerOptions, TlsCertificates } from '@spyglass/process/listener'
import { openCompression } from './compression.ts'

/** The share of a process that serves a listener: an instance, a router, the stand-in. */
export interface ServedListener {
  readonly listener: ListenerConfig
  readonly headersTimeoutMs: number
  /** Port of the listener that requests are redirected to. */
  readonly redirectPort: number | undefined
  /** Default: clients connect to the process itself. */
  readonly reachedBy?: InstanceGroup['reachedBy']
}

/** @throws SPY_TLS_UNREADABLE, SPY_TLS_INVALID */
export async function listenerOptions(share: ServedListener): Promise<ListenerOptions> {
  const { listener, headersTimeoutMs, redirectPort, reachedBy } = share
  const { name, limits, healthPath, readyPath, trustedProxies, proxyProtocol, compression, tls } = listener
  const { certificates, http2, ...secure } = tls
  return {
    limits: { headersTimeoutMs, ...limits },
    healthPath,
    readyPath,
    redirectPort,
    trustedProxies: new AddressList(trustedProxies),
    proxyProtocol,
    isBehindRouter: reachedBy === 'router',
    ...(tls.clientAuthorities === undefined
      ? {}
      : { gates: [clientCertificateGate(({ url = '' }) => isAt(url, healthPath) || isAt(url, readyPath))] }),
    ...(compression ? { compress: await openCompression() } : {}),
    ...(certificates.length > 0 ? { tls: { certificates: new TlsCertificates({ listener: name, certificates, ...secure }), http2 } } : {}),
  }
}
