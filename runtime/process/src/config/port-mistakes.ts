/** Checks of addresses and ports: who may reach what, and whether two want the same. */
import { fail } from './errors.ts'
import { listenerAddress } from './listener-address.ts'
import type { Mistake } from './mistake.ts'
import { type OwnPort, ownPorts } from './own-ports.ts'
import type { SpyglassConfig } from './schema.ts'

const LOOPBACKS = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/

export function exposures(config: SpyglassConfig): Mistake[] {
  const snmp = config.snmp.community === undefined || LOOPBACKS.test(config.snmp.host) ? [] : [communityExposed(config.snmp.host)]
  return [...ownPorts(config).flatMap((port) => unprotected(port)), ...clientAuthorities(config), ...snmp]
}

/** Ports that are open to other machines without TLS: passwords and data cross the network in plain text. The server starts all the same. */
export function unencryptedPorts(config: SpyglassConfig): string[] {
  return ownPorts(config).flatMap(({ name, addresses, tls }) =>
    tls.certificates.length > 0
      ? []
      : addresses
          .filter(({ host }) => !LOOPBACKS.test(host))
          .map(({ host, port }) => fail('SPY_PORT_UNENCRYPTED', [name, host, port]))
          .map(({ code, message }) => `${code}: ${message}`),
  )
}

function unprotected({ name, addresses, isProtected }: OwnPort): Mistake[] {
  if (isProtected) return []
  const section = name.split('.', 1)[0] ?? name
  const remedy = `set ${section}.credentials: required, or ${section}.tls.clientAuthorities with certificates`
  return addresses.flatMap(({ host }, at) => {
    if (LOOPBACKS.test(host)) return []
    const path = at === 0 ? `${section}.host` : `${section}.addresses[${at - 1}]`
    return [{ path, message: `${JSON.stringify(host)}: only a loopback address is allowed while the port needs no credentials: ${remedy}` }]
  })
}

function clientAuthorities(config: SpyglassConfig): Mistake[] {
  const sections = [
    ...config.listeners.map(({ tls }, i) => [`listeners[${i}]`, tls] as const),
    ...(['management', 'collector', 'store', 'console'] as const).map((name) => [name, config[name].tls] as const),
  ]
  return sections.flatMap(([path, { certificates, clientAuthorities: file }]) =>
    file === undefined || certificates.length > 0
      ? []
      : [
          {
            path: `${path}.tls.clientAuthorities`,
            message: 'needs TLS: set tls.certificates as well, or clients cannot show a certificate',
          },
        ],
  )
}

const communityExposed = (host: string): Mistake => ({
  path: 'snmp.host',
  message: `${JSON.stringify(host)}: only a loopback address is allowed here, because a v2c community protects nothing`,
})

interface Use {
  readonly path: string
  readonly host: string
  readonly port: number
}

export function portMistakes(config: SpyglassConfig): Mistake[] {
  const mains: readonly Use[] = [
    ...config.listeners.map(({ host, port }, i) => ({ path: `listeners[${i}].port`, host, port })),
    ...ownPorts(config).map(({ name, addresses: [main] }) => ({ path: name, host: main?.host ?? '', port: main?.port ?? 0 })),
  ]
  return [...outOfRange(config), ...mainClashes(mains, config.portOffset), ...furtherClashes(mains, config)]
}

/** Two sections with one port are a mistake even on different addresses: one of them is meant to be another. */
function mainClashes(uses: readonly Use[], portOffset: number): Mistake[] {
  const seen = new Map<number, string>()
  return uses.flatMap(({ path, port }) => {
    const other = seen.get(port)
    seen.set(port, other ?? path)
    if (port + portOffset > 65_535) return [{ path, message: `${port}: with portOffset ${portOffset} it exceeds 65535` }]
    return other ? [{ path, message: `${port}: already used by ${other}` }] : []
  })
}

/** A further address may repeat a port on another address. */
function furtherClashes(mains: readonly Use[], config: SpyglassConfig): Mistake[] {
  const seen = [...mains]
  return furtherAddresses(config).flatMap((use) => {
    const other = seen.find(({ host, port }) => port === use.port && host === use.host)
    seen.push(use)
    return other ? [{ path: use.path, message: `${JSON.stringify(`${use.host}:${use.port}`)}: already used by ${other.path}` }] : []
  })
}

function outOfRange(config: SpyglassConfig): Mistake[] {
  return furtherAddresses(config).flatMap(({ path, host, port }) => {
    if (port >= 1 && port + config.portOffset <= 65_535) return []
    return [{ path, message: `${JSON.stringify(`${host}:${port}`)}: the port must be 1 to ${65_535 - config.portOffset}` }]
  })
}

function furtherAddresses(config: SpyglassConfig): readonly Use[] {
  const sections = [
    ...config.listeners.map(({ addresses }, i) => [`listeners[${i}]`, addresses] as const),
    ...(['management', 'collector', 'store', 'console'] as const).map((name) => [name, config[name].addresses] as const),
  ]
  return sections.flatMap(([path, addresses]) =>
    addresses.map((address, at) => ({ path: `${path}.addresses[${at}]`, ...listenerAddress(address) })),
  )
}
