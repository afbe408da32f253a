/**
 * Users in a directory (LDAP): the entry is searched for with an account of the realm, and the password is right if the directory lets the entry bind with
 * it. Groups give roles.
 */
import type { Client, Entry } from 'ldapts'
import type { RealmConfig } from '@spyglass/process/checked-config'
import { wrongShape } from '@spyglass/process/durable-file'
import { rolesBy } from '../roles-by.ts'
import type { Person, UserSource } from '../user-source.ts'
import { LdapConnections } from './ldap-connections.ts'
import { filterWith } from './ldap-filter.ts'

type LdapConfig = RealmConfig['ldap']

/**
 * Result codes (RFC 4511 appendix A) by which directories refuse the bind of one entry, right after that of the reader: there is no such entry, it has no
 * password, the password is wrong, it is locked, or may not sign in.
 */
const REFUSED: ReadonlySet<unknown> = new Set([32, 48, 49, 19, 53])
const MAX_GROUPS = 1000

export class LdapSource implements UserSource {
  readonly #config: LdapConfig
  readonly #connections: LdapConnections

  constructor(config: LdapConfig) {
    this.#config = config
    const { url = '', startTls, ca, connections, timeoutMs } = config
    this.#connections = new LdapConnections({ url, startTls, ca, connections, timeoutMs })
  }

  /** A bind without a password succeeds for every entry, and proves nothing (RFC 4513 §5.1.2). */
  async verify(user: string, password: string): Promise<Person | undefined> {
    if (user === '' || password === '') return undefined
    return await this.#connections.ask(async (client) => {
      const entry = await this.#entryOf(client, user)
      const isRight = await isBound(client, entry?.dn ?? this.#nobody, password)
      return entry && isRight ? await this.#personOf(client, entry) : undefined
    })
  }

  async find(user: string): Promise<Person | undefined> {
    if (user === '') return undefined
    return await this.#connections.ask(async (client) => {
      const entry = await this.#entryOf(client, user)
      return entry && (await this.#personOf(client, entry))
    })
  }

  close(): void {
    this.#connections.close()
  }

  /** An unknown name takes as many questions as a wrong password. */
  get #nobody(): string {
    return `cn=spyglass-nobody,${this.#config.base}`
  }

  async #entryOf(client: Client, user: string): Promise<Entry | undefined> {
    const { base = '', userFilter, nameAttribute } = this.#config
    await this.#bindAsReader(client)
    const filter = filterWith(userFilter, { user })
    const { searchEntries } = await client.search(base, { scope: 'sub', filter, attributes: [nameAttribute], sizeLimit: 2 })
    if (searchEntries.length > 1) throw wrongShape(`more than one entry fits ${filter} (userFilter)`)
    const [entry] = searchEntries
    return entry?.dn ? entry : undefined
  }

  /** Each question begins so: the one before has left the connection to whom it asked for. */
  async #bindAsReader(client: Client): Promise<void> {
    const { bindDn = '', bindPassword = '' } = this.#config
    await client.bind(bindDn, bindPassword)
  }

  async #personOf(client: Client, entry: Entry): Promise<Person> {
    const { nameAttribute } = this.#config
    const [name] = textsOf(entry[nameAttribute])
    if (name === undefined) throw wrongShape(`the entry ${entry.dn} has no attribute ${nameAttribute} (nameAttribute)`)
    await this.#bindAsReader(client)
    return { name, roles: rolesBy(this.#config.roles, await this.#groupsOf(client, { dn: entry.dn, name })) }
  }

  async #groupsOf(client: Client, values: { readonly dn: string; readonly name: string }): Promise<readonly string[]> {
    const { base = '', groupBase = base, groupFilter, groupAttribute } = this.#config
    const filter = filterWith(groupFilter, values)
    const { searchEntries } = await client.search(groupBase, { scope: 'sub', filter, attributes: [groupAttribute], sizeLimit: MAX_GROUPS })
    return searchEntries.flatMap((group) => textsOf(group[groupAttribute]).slice(0, 1)).toSorted()
  }
}

async function isBound(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password)
    return true
  } catch (error) {
    if (REFUSED.has((error as { readonly code?: unknown }).code)) return false
    throw error
  }
}

const textsOf = (value: Entry[string] | undefined): readonly string[] =>
  [value ?? []].flat().map((each) => (typeof each === 'string' ? each : each.toString('utf8')))
