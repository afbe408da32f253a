/** The ports of our own processes, from their settings: the one place that knows where each is, who may come, and how to reach it from this machine. */
import { hostname } from 'node:os'
import { listenerAddress } from './listener-address.ts'
import type { SpyglassConfig } from './schema.ts'

/** Sections of the configuration that have a port. */
export type OwnPortName = 'management' | 'collector' | 'store' | 'console'

const NAMES: readonly OwnPortName[] = ['management', 'collector', 'store', 'console']

type Settings = SpyglassConfig['management' | 'console']

export interface OwnPort extends Pick<Settings, 'tls' | 'trustedProxies'> {
  /** Section of the configuration, by which its listener is named. */
  readonly section: OwnPortName
  /** Process that listens on it. */
  readonly process: string
  /** Setting of its port, for messages: `store.port`. */
  readonly name: string
  /** The first is the one that the setting `host` names. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  readonly limits: Settings['limits'] & { readonly headersTimeoutMs: number }
  /** Names that callers may ask for, besides localhost and IP addresses. */
  readonly hostNames: readonly string[]
  /** Whether the names count on every address; otherwise only on the loopback address. */
  readonly checksHostEverywhere: boolean
  /** Origins of other sites whose pages may ask. */
  readonly origins: readonly string[]
  /** Whether links on other sites may lead here. */
  readonly links: boolean
  /** Whether nobody is served without credentials; what is served to others is only for everybody on this machine. */
  readonly isProtected: boolean
}

export function ownPort(config: SpyglassConfig, name: OwnPortName): OwnPort {
  const { host, addresses, allowedHosts, tls, trustedProxies, limits } = config[name]
  const { setting, port } = mainPort(config, name)
  return {
    section: name,
    process: name === 'console' ? 'collector' : name,
    name: `${name}.${setting}`,
    addresses: [{ host, port }, ...addresses.map(listenerAddress)],
    tls,
    trustedProxies,
    limits: { headersTimeoutMs: config.server.headersTimeoutMs, ...limits },
    hostNames: [...hostNames(config), ...allowedHosts],
    checksHostEverywhere: allowedHosts.length > 0,
    origins: originsOf(config, name),
    links: name === 'console',
    isProtected: isProtected(config, name),
  }
}

export const ownPorts = (config: SpyglassConfig): readonly OwnPort[] => NAMES.map((name) => ownPort(config, name))

/** How processes on this machine reach a port: `https://127.0.0.1:8778`. */
export const ownUrl = ({ addresses, tls }: Pick<OwnPort, 'addresses' | 'tls'>): string => {
  const [{ host, port } = { host: '127.0.0.1', port: 0 }] = addresses
  return `${tls.certificates.length > 0 ? 'https' : 'http'}://${urlHost(ANY[host] ?? host)}:${port}`
}

/** What clients on this machine trust: the certificates that the port shows. */
export const certificateFiles = ({ tls }: Pick<OwnPort, 'tls'>): readonly string[] => tls.certificates.map(({ certificate }) => certificate)

/** Addresses that mean all of a machine; nobody can connect to them. */
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** An IPv6 address needs brackets in a URL. */
export const urlHost = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)

/** Where people reach the console. If it listens on all addresses, the host name is used: a link to 0.0.0.0 leads nowhere. */
export function consoleUrl({ console: { publicUrl, host, port, tls } }: Pick<SpyglassConfig, 'console'>): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '')
  return ownUrl({ tls, addresses: [{ host: ANY[host] === undefined ? host : hostname(), port }] })
}

function mainPort({ collector, ...config }: SpyglassConfig, name: OwnPortName): { readonly setting: string; readonly port: number } {
  if (name === 'collector') return { setting: 'otlpHttpPort', port: collector.otlpHttpPort }
  return { setting: 'port', port: config[name].port }
}

/** The names this server is reached by: those of its ports, of the console's public URL, and the configured ones. */
function hostNames({ server, management, collector, store, console: { host, publicUrl } }: SpyglassConfig): readonly string[] {
  const publicName = publicUrl === undefined ? [] : [new URL(publicUrl).hostname]
  return [...server.hostNames, management.host, collector.host, store.host, host, ...publicName]
}

function originsOf({ collector, console: { publicUrl } }: SpyglassConfig, name: OwnPortName): readonly string[] {
  if (name === 'collector') return collector.allowedOrigins
  return name === 'console' && publicUrl !== undefined ? [new URL(publicUrl).origin] : []
}

/** Console and store always ask for credentials. */
function isProtected(config: SpyglassConfig, name: OwnPortName): boolean {
  const { tls } = config[name]
  if (tls.certificates.length > 0 && tls.clientAuthorities !== undefined) return true
  return name === 'console' || name === 'store' || config[name].credentials === 'required'
}
