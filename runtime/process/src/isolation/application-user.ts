/** The user that the processes of an application run as with `isolation: user`. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fail } from './errors.ts'

export interface ProcessUser {
  readonly uid: number
  /** Its only group: supplementary groups are dropped. */
  readonly gid: number
}

/** 0x70000000 to 0x77ffffff are used by nobody: neither by distributions nor by containers (systemd, "Users, Groups, UIDs and GIDs"). */
const FIRST_ID = 0x70_00_00_00
const IDS = 0x8_00_00_00

/** Node takes no larger ones. */
const MAX_ID = 0x7f_ff_ff_ff

/** The configured user, or a number that stays the same for this application of this server and that nobody else has. */
export function applicationUser(application: { readonly name: string; readonly user?: string | undefined }, serverId: string): ProcessUser {
  const { name, user } = application
  return user === undefined ? generatedUser(name, serverId) : configuredUser(name, user)
}

/** Needs no record of who has which: two of forty applications have the same number in one of 170,000 servers, which the check refuses. */
export function generatedUser(application: string, serverId: string): ProcessUser {
  const hash = createHash('sha256').update(`${serverId}\0${application}`).digest()
  const id = FIRST_ID + (hash.readUInt32BE(0) % IDS)
  return { uid: id, gid: id }
}

/** @throws SPY_ISOLATION_USER */
function configuredUser(application: string, user: string): ProcessUser {
  const isNumber = /^\d+$/.test(user)
  const ids = { uid: isNumber ? Number(user) : idOf(user, '-u'), gid: idOf(user, '-g') ?? (isNumber ? Number(user) : undefined) }
  const { uid, gid } = ids
  if (uid === undefined || gid === undefined) throw fail('SPY_ISOLATION_USER', [user, application, 'there is no such user on this machine'])
  if (uid > MAX_ID || gid > MAX_ID) throw fail('SPY_ISOLATION_USER', [user, application, `numbers go up to ${MAX_ID}`])
  if (uid === 0 || gid === 0) throw fail('SPY_ISOLATION_USER', [user, application, 'it is root or in its group'])
  return { uid, gid }
}

/** `id` asks every source of users that the machine has, not only /etc/passwd. */
function idOf(user: string, what: '-u' | '-g'): number | undefined {
  const { stdout, status } = spawnSync('id', [what, '--', user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return status === 0 && /^\d+\s*$/.test(stdout) ? Number(stdout) : undefined
}
