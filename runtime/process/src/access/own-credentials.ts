/** The credentials of secrets.yaml as identities, by the port that takes them. */
import type { Secrets } from '../config/secrets.ts'
import type { OwnCredential } from './authenticator.ts'

/** `console` and `management` share an administrator; the reader of the store may only read, and only there; our own processes read management. */
export type Port = 'management' | 'console' | 'store' | 'otlp'

export type OwnSecrets = Pick<Secrets, 'console' | 'clickhouse' | 'internal' | 'otlp'>

export function ownCredentials(port: Port, secrets: OwnSecrets): readonly OwnCredential[] {
  const { console, clickhouse, internal, otlp } = secrets
  const administrator = { actor: console.user, role: 'administrator', credentials: console } as const
  const reader = { actor: clickhouse.reader.user, role: 'viewer', credentials: clickhouse.reader } as const
  const sender = { actor: 'otlp', role: 'operator', token: otlp.token } as const
  const ours = { actor: 'spyglass', role: 'viewer', token: internal.token } as const
  return { management: [administrator, ours], console: [administrator], store: [reader], otlp: [sender] }[port]
}
