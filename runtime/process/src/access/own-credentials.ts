/** The credentials of secrets.yaml as identities, by the port that takes them. */
import type { Secrets } from '../config/secrets.ts'
import type { OwnCredential } from './authenticator.ts'

/** `console` and `management` share an administrator; the reader of the store may only read, and only there. */
export type Port = 'management' | 'console' | 'store' | 'otlp'

export function ownCredentials(port: Port, secrets: Pick<Secrets, 'console' | 'clickhouse' | 'otlp'>): readonly OwnCredential[] {
  const { console, clickhouse, otlp } = secrets
  const administrator = { actor: console.user, role: 'administrator', credentials: console } as const
  const reader = { actor: clickhouse.reader.user, role: 'viewer', credentials: clickhouse.reader } as const
  const sender = { actor: 'otlp', role: 'operator', token: otlp.token } as const
  return { management: [administrator], console: [administrator], store: [reader], otlp: [sender] }[port]
}
