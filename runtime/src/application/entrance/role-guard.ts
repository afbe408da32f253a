/** The access rules that an application has in its `spyglass.app.yaml`: who has not signed in, or has other roles, never reaches it. */
import type { ApplicationFile } from '../program/application-file.ts'
import { type Realm, rolesFor } from '../../realm/index.ts'
import type { Resources } from '../../resource/index.ts'
import { fail } from '../errors.ts'
import type { Guard, Passing } from './guard.ts'

export type Access = NonNullable<ApplicationFile['access']>

export class RoleGuard implements Guard {
  readonly #realm: Realm
  readonly #access: Access

  constructor(realm: Realm, access: Access) {
    this.#realm = realm
    this.#access = access
  }

  /** What no rule is for passes at once: no session is read. */
  pass(passing: Passing): boolean | Promise<boolean> {
    const roles = rolesFor(this.#access.rules, passing.request.method ?? '', passing.url)
    return roles === undefined || this.#passes(passing, roles)
  }

  async #passes(passing: Passing, roles: readonly string[] | 'nobody'): Promise<boolean> {
    const { request, response, url } = passing
    const refusal = await this.#realm.refusalOf({ request, response, path: pathOf(url) }, roles)
    if (refusal === undefined) return true
    passing.refuse(refusal, FIELDS[refusal] ?? {})
    return false
  }
}

/** A 401 has to name a scheme (RFC 9110 §15.5.2). The sign-on is in a cookie; browsers ignore names they do not know, and show no dialog. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = { sign_in_needed: { 'www-authenticate': 'Cookie' } }

const pathOf = (url: string): string => url.split('?', 1)[0] ?? ''

export interface GuardedApplication {
  readonly name: string
  /** Names of the realms that it uses. */
  readonly realms: readonly string[]
  readonly resources: Resources | undefined
}

/**
 * The guard of an application with these rules.
 * @throws SPY_ACCESS_REALM
 */
export function roleGuardOf(access: Access, { name, realms, resources }: GuardedApplication): RoleGuard {
  if (!resources || !realms.includes(access.realm)) throw fail('SPY_ACCESS_REALM', [access.realm, realms.join(', ') || 'none', name])
  return new RoleGuard(resources.get('realms', access.realm), access)
}
