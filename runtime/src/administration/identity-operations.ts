/** Carries out the operations on users and tokens. */
import { type Role, roles } from '@spyglass/agent/contract'
import {
  changeIdentities,
  checkPassword,
  hashPassword,
  type IdentityFileOptions,
  identityReader,
  newPassword,
  newToken,
  withoutToken,
  withoutUser,
  withPassword,
  withToken,
  withUser,
} from '@spyglass/process/access'
import { fail } from './errors.ts'
import type { Executors } from './operations.ts'

export interface IdentityOperationsOptions extends IdentityFileOptions {
  /** Names that users cannot have: those of secrets.yaml. */
  readonly reserved: readonly string[]
}

export function identityOperations(options: IdentityOperationsOptions): Executors {
  const { now = Date.now, reserved } = options
  const identities = identityReader({ ...options, now: Date.now })
  return {
    'server.users': async () =>
      identities().users.map(({ name, role, created, createdBy }) => `${name}  ${role}  ${isoOf(created)} by ${createdBy}`),
    async 'server.createUser'({ arguments: given, actor }) {
      const [name, role, password] = [String(given['name']), roleOf(given['role']), passwordOf(given)]
      const hash = await hashPassword(password)
      const user = { name, role, password: hash, created: now(), createdBy: actor }
      changeIdentities(options, (known) => withUser(known, user, reserved))
      return password
    },
    async 'server.setPassword'({ arguments: given }) {
      const password = passwordOf(given)
      const hash = await hashPassword(password)
      changeIdentities(options, (known) => withPassword(known, String(given['name']), hash))
      return password
    },
    async 'server.deleteUser'({ arguments: given }) {
      changeIdentities(options, (known) => withoutUser(known, String(given['name'])))
    },
    'server.tokens': async () =>
      identities().tokens.map(
        ({ id, name, role, created, createdBy, expires }) =>
          `${id}  ${name}  ${role}  ${isoOf(created)} by ${createdBy}  ${expires === undefined ? 'until revoked' : `until ${isoOf(expires)}`}`,
      ),
    async 'server.createToken'({ arguments: given, actor }) {
      const { text, id, hash } = newToken()
      const seconds = given['seconds'] as number | undefined
      if (seconds !== undefined && seconds < 1) throw fail('SPY_ADMIN_ARGUMENT', ['createToken', 'seconds is less than 1'])
      const base = { id, hash, name: String(given['name']), role: roleOf(given['role']), created: now(), createdBy: actor }
      const token = seconds === undefined ? base : { ...base, expires: now() + seconds * 1000 }
      changeIdentities(options, (known) => withToken(known, token))
      return text
    },
    async 'server.revokeToken'({ arguments: given }) {
      changeIdentities(options, (known) => withoutToken(known, String(given['id'])))
    },
  }
}

function passwordOf({ name, password }: Readonly<Record<string, unknown>>): string {
  if (typeof password !== 'string') return newPassword()
  checkPassword(String(name), password)
  return password
}

function roleOf(value: unknown): Role {
  const role = roles.find((known) => known === value)
  if (role) return role
  throw fail('SPY_ADMIN_ARGUMENT', ['role', `${String(value)} is none of ${roles.join(', ')}`])
}

const isoOf = (time: number): string => new Date(time).toISOString()
