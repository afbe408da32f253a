/** The arguments of `server.listen`, as far as they decide where the server goes. */

export interface ListenRequest {
  /** 0: any free port. */
  readonly port: number
  readonly host: string | undefined
  /** Everything else that was asked for: `backlog`, `signal`, `ipv6Only` … */
  readonly options: Readonly<Record<string, unknown>>
  readonly callback: (() => void) | undefined
}

/**
 * Reads the forms of `listen` for TCP: `(port?, host?, backlog?, callback?)` and `(options, callback?)`. Undefined for all others: a path
 * (Unix socket), a handle, a file descriptor.
 */
export function listenRequest(args: readonly unknown[]): ListenRequest | undefined {
  const last = args.at(-1)
  const callback = typeof last === 'function' ? (last as () => void) : undefined
  const [first, ...rest] = callback ? args.slice(0, -1) : args
  if (typeof first === 'object' && first !== null) return ofOptions(first as Record<string, unknown>, callback)
  const port = portOf(first)
  if (port === undefined) return undefined
  const host = rest.find((value) => typeof value === 'string')
  const backlog = rest.find((value) => typeof value === 'number')
  return { port, host, options: backlog === undefined ? {} : { backlog }, callback }
}

/** What makes Node listen on something else than a TCP port. */
const ELSEWHERE = ['path', 'fd', 'handle', '_handle']

function ofOptions(options: Record<string, unknown>, callback: ListenRequest['callback']): ListenRequest | undefined {
  if (ELSEWHERE.some((key) => options[key] !== undefined)) return undefined
  const port = portOf(options['port'])
  if (port === undefined) return undefined
  const { port: _port, host, ...others } = options
  return { port, host: typeof host === 'string' ? host : undefined, options: others, callback }
}

/** `listen()` without a port and with null means port 0; a text that is not a number is a path. */
function portOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return 0
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined
  const port = Number(value)
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined
}
