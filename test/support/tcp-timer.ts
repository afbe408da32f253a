import { readFileSync } from 'node:fs'

/** Ticks of timers in /proc/net/tcp, whatever the kernel's own are (USER_HZ). */
const TICKS_PER_SECOND = 100
const KINDS: Readonly<Record<string, 'none' | 'keepalive'>> = { '00': 'none', '02': 'keepalive' }

export interface TcpTimer {
  readonly kind: 'none' | 'keepalive'
  /** When it goes off. */
  readonly withinMs?: number
}

/** The timer of an IPv4 socket that is idle, by its local port (proc_net_tcp.txt of Linux). Undefined while it waits for an acknowledgement. */
export function tcpTimerOf(localPort: number): TcpTimer | undefined {
  const port = `:${localPort.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  const fields = lines.map((line) => line.trim().split(/\s+/)).find(([, local, , state]) => local?.endsWith(port) && state === '01')
  const [code = '', when = ''] = fields?.[5]?.split(':') ?? []
  const kind = KINDS[code]
  if (kind !== 'keepalive') return kind && { kind }
  return { kind, withinMs: (Number.parseInt(when, 16) * 1000) / TICKS_PER_SECOND }
}
