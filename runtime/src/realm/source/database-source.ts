/** Users in a database, by statements over a datasource of the application. Its passwords are hashes like those of a file. */
import { isPasswordHash } from '@spyglass/process/access'
import type { RealmConfig } from '@spyglass/process/checked-config'
import { wrongShape } from '@spyglass/process/durable-file'
import { fail } from '../errors.ts'
import type { Opening } from './opening.ts'
import { StoredPassword } from './stored-password.ts'
import type { Person, UserSource } from './user-source.ts'

type Row = Readonly<Record<string, unknown>>
export type AskRows = (text: string, values: readonly unknown[]) => Promise<readonly Row[]>

interface StoredUser {
  readonly name: string
  readonly password: string
}

export class DatabaseSource implements UserSource {
  readonly #config: RealmConfig['database']
  readonly #ask: AskRows
  readonly #passwords = new StoredPassword()

  constructor(config: RealmConfig['database'], ask: AskRows) {
    this.#config = config
    this.#ask = ask
  }

  async verify(user: string, password: string): Promise<Person | undefined> {
    const found = await this.#userOf(user)
    const isRight = await this.#passwords.isRight(password, found?.password)
    return found && isRight ? await this.#personOf(found) : undefined
  }

  async find(user: string): Promise<Person | undefined> {
    const found = await this.#userOf(user)
    return found && (await this.#personOf(found))
  }

  /** What is no hash is never compared: a table with passwords in the clear is to be noticed. */
  async #userOf(user: string): Promise<StoredUser | undefined> {
    const [row, another] = await this.#ask(this.#config.userStatement ?? '', [user])
    if (!row) return undefined
    if (another) throw wrongShape('userStatement gives more than one row for a user')
    const { name, password } = row
    if (typeof name !== 'string' || name === '') throw wrongShape('userStatement gives no column "name" with a text')
    if (typeof password !== 'string' || !isPasswordHash(password))
      throw wrongShape('userStatement gives no column "password" with a hash as `spyglass secret password` makes it')
    return { name, password }
  }

  async #personOf({ name }: StoredUser): Promise<Person> {
    const { rolesStatement } = this.#config
    const rows = rolesStatement === undefined ? [] : await this.#ask(rolesStatement, [name])
    return { name, roles: rows.map(roleIn) }
  }
}

function roleIn({ role }: Row): string {
  if (typeof role !== 'string') throw wrongShape('rolesStatement gives no column "role" with a text')
  return role
}

/** @throws SPY_REALM_DATASOURCE */
export function openDatabaseSource({ config, around }: Opening): DatabaseSource {
  const { name, database } = config()
  const { datasource = '' } = database
  const ask = askerOf(around.faceOf?.('datasources', datasource))
  if (!ask) throw fail('SPY_REALM_DATASOURCE', [name, datasource])
  return new DatabaseSource(database, ask)
}

interface Face {
  promise?(): { query(text: string, values: readonly unknown[]): Promise<readonly [unknown, ...unknown[]]> }
  query?(text: string, values: readonly unknown[]): Promise<unknown>
}

/** Datasources have the interface of their drivers: mysql2 gives rows and columns, pg an object with rows, sqlite rows. Undefined: it takes no statements. */
function askerOf(face: Face | undefined): AskRows | undefined {
  if (typeof face?.promise === 'function') return async (text, values) => (await face.promise!().query(text, values))[0] as readonly Row[]
  if (typeof face?.query !== 'function') return undefined
  return async (text, values) => {
    const result = (await face.query!(text, values)) as readonly Row[] | { readonly rows: readonly Row[] }
    return 'rows' in result ? result.rows : result
  }
}
