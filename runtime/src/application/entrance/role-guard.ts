/** The access rules that an application has in its `spyglass.app.yaml`: who has not signed in, or has other roles, never reaches it. */
import http from 'node:http'
import https from 'node:https'
import type { Server } from 'node:net'
import { codeOf } from '@spyglass/agent/contract'
import type { ApplicationFile } from '../program/application-file.ts'
import { type Realm, type Roles, rolesFor } from '../../realm/index.ts'
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

  /** What comes to any other server passes by the guards: bytes, or streams of HTTP/2. */
  canGuard(server: Server): boolean {
    return server instanceof http.Server || server instanceof https.Server
  }

  /** What no rule is for passes at once: no session is read. */
  pass(passing: Passing): boolean | Promise<boolean> {
    const { request, url } = passing
    if (passing.response && this.#realm.provider?.isFor(request.method, url)) return this.#leadsOn(passing, url)
    const roles = rolesFor(this.#access.rules, request.method ?? '', url)
    return roles === undefined || this.#passes(passing, roles)
  }

  async #passes(passing: Passing, roles: Roles): Promise<boolean> {
    const { request, response, url } = passing
    const refusal = await this.#realm.refusalOf({ request, response, path: pathOf(url) }, roles)
    if (refusal === undefined) return true
    if (refusal === 'sign_in_needed' && isNavigation(passing) && this.#realm.provider) return await this.#leadsOn(passing)
    passing.refuse(refusal, FIELDS[refusal] ?? {})
    return false
  }

  /** On with the sign-on at the provider, or to it if there is no address. The application does not see the request. */
  async #leadsOn(passing: Passing, url?: string): Promise<false> {
    const { request, response, wholeUrl } = passing
    const provider = this.#realm.provider!
    try {
      const location = url === undefined ? provider.begin(request, response!, wholeUrl) : provider.answer(request, response!, url)
      passing.redirect?.(await location)
    } catch (error) {
      passing.refuse(codeOf(error) === 'SPY_SIGN_IN_UNFINISHED' ? 'sign_in_unfinished' : 'sign_on_unknown', {})
    }
    return false
  }
}

/** A page that a person opens; what a program or a script asks for is not to be led elsewhere. */
function isNavigation({ request: { method, headers }, response }: Passing): boolean {
  const { accept = '', 'sec-fetch-mode': mode = 'navigate' } = headers
  return response !== undefined && method === 'GET' && mode === 'navigate' && accept.includes('text/html')
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
