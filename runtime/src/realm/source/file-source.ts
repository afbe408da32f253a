/**
 * Users in a file: `{"users": [{"name": "ann", "password": "scrypt$…", "roles": ["clerk"]}]}`. `spyglass secret password` makes the hashes. The file is
 * looked at before each use and read again when it has changed; one that cannot be read lets nobody in.
 */
import { statSync } from 'node:fs'
import { messageOf } from '@spyglass/agent/contract'
import { isPasswordHash } from '@spyglass/process/access'
import { readText, wrongShape } from '@spyglass/process/durable-file'
import { fail } from '../errors.ts'
import { StoredPassword } from './stored-password.ts'
import type { Person, UserSource } from './user-source.ts'

interface FileUser extends Person {
  readonly password: string
}

export class FileSource implements UserSource {
  readonly #realm: string
  readonly #file: string
  #mark = ''
  #users: ReadonlyMap<string, FileUser> = new Map()
  readonly #passwords = new StoredPassword()

  constructor(realm: string, file: string) {
    this.#realm = realm
    this.#file = file
  }

  async verify(user: string, password: string): Promise<Person | undefined> {
    const found = this.#present().get(user)
    const isRight = await this.#passwords.isRight(password, found?.password)
    return isRight && found ? personOf(found) : undefined
  }

  async find(user: string): Promise<Person | undefined> {
    const found = this.#present().get(user)
    return found && personOf(found)
  }

  /** @throws SPY_REALM_FILE */
  #present(): ReadonlyMap<string, FileUser> {
    try {
      const { ino, mtimeNs, size } = statSync(this.#file, { bigint: true })
      const mark = `${ino} ${mtimeNs} ${size}`
      if (mark !== this.#mark) {
        this.#users = usersIn(readText(this.#file))
        this.#mark = mark
      }
      return this.#users
    } catch (error) {
      this.#mark = ''
      throw fail('SPY_REALM_FILE', [this.#realm, this.#file, messageOf(error)], error)
    }
  }
}

const personOf = ({ name, roles }: FileUser): Person => ({ name, roles })

/** @throws SPY_STATE_SHAPE, with what is wrong; never a password. */
export function usersIn(text: string): ReadonlyMap<string, FileUser> {
  const { users } = (parsed(text) ?? {}) as { readonly users?: unknown }
  if (!Array.isArray(users)) throw wrongShape('it has no list "users"')
  const wrong = users.findIndex((user) => !isUser(user))
  if (wrong >= 0) throw wrongShape(`users[${wrong}] needs a name, a password as \`spyglass secret password\` makes it, and a list of roles`)
  const found = new Map((users as readonly FileUser[]).map((user) => [user.name, user]))
  if (found.size < users.length) throw wrongShape('a name is there more than once')
  return found
}

/** The message of JSON.parse quotes the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrongShape('it is not JSON')
  }
}

function isUser(value: unknown): value is FileUser {
  const { name, password, roles } = (value ?? {}) as Partial<FileUser>
  const isNamed = typeof name === 'string' && name !== '' && typeof password === 'string' && isPasswordHash(password)
  return isNamed && Array.isArray(roles) && roles.every((role) => typeof role === 'string')
}
