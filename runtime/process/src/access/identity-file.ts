/**
 * Users and tokens in a file, which one process writes and all read. A reader looks at the file's time when somebody asks, at most twice a
 * second, so a revoked token is refused within that time on every port, and a port that nobody calls reads nothing. Before credentials are
 * refused it looks again, so a new token is accepted at once.
 */
import { statSync } from 'node:fs'
import { codeOf } from '@spyglass/agent/contract'
import { type Damage, openStateFile } from '../durable-file/index.ts'
import { type Identities, nobody, parseIdentities } from './identities.ts'

export interface IdentityReader {
  /** Those that were there at the last look. `isFresh`: looks now, whenever that was. */
  (isFresh?: boolean): Identities
}

export interface IdentityFileOptions {
  /** `<data>/administration/identities.json` */
  readonly file: string
  readonly onDamage: (damage: Damage) => void
  readonly now?: () => number
}

const LOOK_EVERY_MS = 500

/** A damaged file has no users and no tokens: it lets nobody in whom it does not name. */
export function identityReader({ file, onDamage, now = Date.now }: IdentityFileOptions): IdentityReader {
  const state = openStateFile({ file, parse: parseIdentities, onDamage })
  let lookedAt = -Infinity
  let mark = ''
  let known = nobody
  return (isFresh = false) => {
    const time = now()
    if (!isFresh && time - lookedAt < LOOK_EVERY_MS && time >= lookedAt) return known
    lookedAt = time
    const seen = markOf(file)
    if (seen !== mark) {
      known = seen === '' ? nobody : (state.read() ?? nobody)
      mark = markOf(file)
    }
    return known
  }
}

/** Changes whenever the file is replaced. */
function markOf(file: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(file, { bigint: true })
    return `${ino} ${mtimeNs} ${size}`
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    return 'unreadable'
  }
}

/** Replaces the content of the file by a change of it; on the disk when it returns. */
export function changeIdentities({ file, onDamage }: IdentityFileOptions, change: (identities: Identities) => Identities): Identities {
  const state = openStateFile({ file, parse: parseIdentities, onDamage })
  const changed = change(state.read() ?? nobody)
  state.write(changed)
  return changed
}
