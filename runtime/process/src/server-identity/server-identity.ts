/** Who this server is: the UUID made at the first start. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from '../config/data-folder.ts'
import { type Consequences, type Damage, openStateFile, wrongShape } from '../durable-file/index.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The server's UUID, kept in `<data>/state/server-id`; the first process that asks makes it. A damaged file is set aside and gives a new one. */
export function serverIdentity(folder: DataFolder, onDamage: (damage: Damage) => void = () => {}): string {
  const file = openStateFile<string>({ file: join(folder.state, 'server-id'), parse: uuidOf, onDamage })
  const known = file.read()
  if (known !== undefined) return known
  const made = randomUUID()
  file.write(made)
  return made
}

/** The same, for a check that changes nothing: undefined before the first start, and when the file is damaged. */
export function knownIdentity({ state }: Pick<DataFolder, 'state'>): string | undefined {
  try {
    return uuidOf((JSON.parse(readFileSync(join(state, 'server-id'), 'utf8')) as { readonly state?: unknown }).state)
  } catch {
    return undefined
  }
}

/** What a damaged `server-id` costs. */
export const damagedIdentity: Consequences = {
  fromPrevious: 'the previous copy was restored',
  lost: 'the server has a new UUID from now on',
}

function uuidOf(content: unknown): string {
  if (typeof content === 'string' && UUID.test(content)) return content
  throw wrongShape('it does not contain a UUID')
}
