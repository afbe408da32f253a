/**
 * Who may ask at our ports: any program, but no page of another site. A browser on this machine would send such a page's requests here, and
 * by DNS rebinding (a foreign name that is pointed at the loopback address) show it the answers.
 */

export interface Caller {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Address of our end of the connection. */
  readonly localAddress: string | undefined
}

export interface CallerRules {
  /** Names under which we are reached, besides localhost and IP addresses. */
  readonly hostNames?: readonly string[]
  /** Origins whose pages may ask, as `https://shop.example`. */
  readonly origins?: readonly string[]
  /** Whether a link on another site may lead here, as to a page that people read. */
  readonly links?: boolean
  /** Whether names count on every address, not only on the loopback address. */
  readonly checksHostEverywhere?: boolean
}

export interface ForeignCaller {
  readonly part: 'origin' | 'host'
  /** What the request named, cut to a length for messages. */
  readonly value: string
}

const MAX_VALUE_LENGTH = 200

/** What is foreign in a request; undefined for one that is welcome. */
export function foreignCaller(caller: Caller, rules: CallerRules = {}): ForeignCaller | undefined {
  const host = textOf(caller.headers['host'])
  const origin = foreignOrigin(caller.headers, host, rules)
  if (origin !== undefined) return { part: 'origin', value: origin.slice(0, MAX_VALUE_LENGTH) }
  const isChecked = rules.checksHostEverywhere === true || isLoopback(caller.localAddress)
  if (host === undefined || !isChecked || isOwnName(host, rules.hostNames ?? [])) return undefined
  return { part: 'host', value: host.slice(0, MAX_VALUE_LENGTH) }
}

function foreignOrigin(
  headers: Caller['headers'],
  host: string | undefined,
  { origins = [], links = false }: CallerRules,
): string | undefined {
  const origin = textOf(headers['origin'])
  if (origin === undefined) {
    const isLink = links && textOf(headers['sec-fetch-mode']) === 'navigate'
    return textOf(headers['sec-fetch-site']) === 'cross-site' && !isLink ? 'of another site' : undefined
  }
  if (origins.includes(origin.toLowerCase())) return undefined
  const isOwn = textOf(headers['sec-fetch-site']) !== 'cross-site' && hostOfOrigin(origin) === host?.toLowerCase()
  return isOwn ? undefined : origin
}

const textOf = (value: string | readonly string[] | undefined): string | undefined => (typeof value === 'string' ? value : value?.[0])

/** Without the default port of its scheme, which browsers also omit from Host. */
function hostOfOrigin(origin: string): string | undefined {
  return /^https?:/i.test(origin) && URL.canParse(origin) ? new URL(origin).host : undefined
}

/** Whether an address of a connection is of this machine. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || address.replace(/^::ffff:/, '').startsWith('127.'))
}

/** Addresses cannot be pointed elsewhere; `localhost` and the names below it are always this machine (RFC 6761 §6.3). */
function isOwnName(host: string, hostNames: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')
  if (name === 'localhost' || name.endsWith('.localhost') || /^\[[\da-f:.]+\]$/.test(name)) return true
  return isIpv4(name) || hostNames.some((own) => own.toLowerCase() === name)
}

const isIpv4 = (name: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(name) && name.split('.').every((part) => Number(part) <= 255)
