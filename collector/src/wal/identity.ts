/** Identity of this collector: an id created once for the data folder, and a boot number that increases with each start. Together they name segments. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Damage, openStateFile, wrongShape } from '@spyglass/process/durable-file'

export interface Identity {
  /** 12 hexadecimal digits. */
  readonly id: string
  readonly boot: number
}

/** What a damaged file costs: nothing that is stored, because names stay unique and recovery uses the folders it finds. */
export const damagedCollector = {
  fromPrevious: 'the previous copy was restored with a new id, so that segment names stay unique',
  lost: 'the collector has a new id',
}

/** Reads the identity from `<state>/collector.json`, counts the boot and makes that durable before it returns. */
export function nextIdentity(stateFolder: string, onDamage: (damage: Damage) => void = () => {}): Identity {
  let isOld = false
  const file = openStateFile<Identity>({
    file: join(stateFolder, 'collector.json'),
    parse: identityOf,
    onDamage(damage) {
      isOld = true // its boots may have been used
      onDamage(damage)
    },
  })
  const known = file.read()
  const identity = known && !isOld ? { id: known.id, boot: known.boot + 1 } : { id: randomBytes(6).toString('hex'), boot: 1 }
  file.write(identity)
  return identity
}

function identityOf(content: unknown): Identity {
  const { id, boot } = (content ?? {}) as Partial<Identity>
  if (typeof id !== 'string' || !/^[0-9a-f]{12}$/.test(id) || !Number.isSafeInteger(boot))
    throw wrongShape('it does not contain id and boot')
  return { id, boot: boot! }
}

export function segmentName({ id, boot }: Identity, sequence: number): string {
  return `${id}-${String(boot).padStart(6, '0')}-${String(sequence).padStart(8, '0')}`
}
