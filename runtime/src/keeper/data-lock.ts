/**
 * One Spyglass to a data folder. The lock names the holder's pid and when that process began (clock ticks since boot): a pid that was
 * given to another process since does not hold it, so nothing has to be cleaned up after a kill -9.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'

interface Holder {
  readonly pid: number
  readonly began: string
}

/**
 * Takes the lock; the result gives it back.
 * @throws SPY_DATA_IN_USE
 */
export function lockDataFolder(root: string, runFolder: string): () => void {
  const file = join(runFolder, 'lock')
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify({ pid: process.pid, began: beganOf(process.pid) } satisfies Holder), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const holder = holderOf(runFolder)
    if (holder !== undefined) throw fail('SPY_DATA_IN_USE', [root, holder])
    rmSync(file, { force: true })
  }
}

/** Pid of the living process that holds the lock; undefined when nobody does. */
export function holderOf(runFolder: string): number | undefined {
  const holder = readHolder(join(runFolder, 'lock'))
  return holder && beganOf(holder.pid) === holder.began ? holder.pid : undefined
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined // half written or gone: nobody holds it
  }
}

/** Field 22 of /proc/PID/stat; elsewhere than on Linux only whether the process lives. */
function beganOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return process.platform !== 'linux' && isAlive(pid) ? 'alive' : 'gone'
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
