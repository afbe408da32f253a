/** Asks the kernel, in the name of another user, what that user may do: modes alone know nothing of ACLs, mounts and security modules. */
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import type { ProcessUser } from './application-user.ts'

export interface Wish {
  readonly path: string
  readonly to: 'read' | 'write' | 'execute' | 'pass through'
  /** What to do when it cannot. */
  readonly advice?: string
}

const FLAGS = { read: '-r', write: '-w', execute: '-x', 'pass through': '-x' } as const
const SCRIPT = 'while [ $# -gt 1 ]; do test "$1" "$2" || printf "%s %s\\0" "$1" "$2"; shift 2; done'

/** What the user cannot do, in words; nothing when all is well. Also says why no process can run as that user. */
export function deniedTo(user: ProcessUser, wishes: readonly Wish[]): readonly string[] {
  const args = wishes.flatMap(({ path, to }) => [FLAGS[to], path])
  const { error, status, stdout } = spawnSync('/bin/sh', ['-c', SCRIPT, 'sh', ...args], { ...user, cwd: '/', encoding: 'utf8' })
  if (error) return [`no process can run as user ${user.uid} (${codeOf(error) ?? error.message}): ${adviceOf(codeOf(error))}`]
  if (status !== 0) return [`a process as user ${user.uid} ended with exit code ${status}`]
  const denied = new Set(stdout.split('\0'))
  return wishes
    .filter(({ path, to }) => denied.has(`${FLAGS[to]} ${path}`))
    .map(
      ({ path, to, advice }) => `user ${user.uid} cannot ${to} ${path}${blocked(path, user)}${advice === undefined ? '' : `. ${advice}`}`,
    )
}

const adviceOf = (code: string | undefined): string =>
  code === 'EINVAL'
    ? 'the number is outside the range of this container; choose one inside with the setting user'
    : 'it needs root with CAP_SETUID and CAP_SETGID'

/** The first folder on the way that is closed, if modes show it. */
function blocked(path: string, { uid, gid }: ProcessUser): string {
  for (const folder of [...foldersAbove(path), path]) {
    const stat = statSync(folder, { throwIfNoEntry: false })
    if (!stat) return folder === path ? ': it does not exist' : `: there is no ${folder}`
    if (!stat.isDirectory()) break
    const bits = stat.uid === uid ? stat.mode >> 6 : stat.gid === gid ? stat.mode >> 3 : stat.mode
    if ((bits & 1) === 0)
      return `: ${folder === path ? 'it' : folder} is closed to that user (mode ${(stat.mode & 0o7777).toString(8).padStart(4, '0')}; chmod o+x opens the way)`
  }
  return ''
}

/** From the root down. */
function foldersAbove(path: string): readonly string[] {
  const above = dirname(path)
  return above === path ? [] : [...foldersAbove(above), above]
}
