/** Where spools are kept, and whether that is safe: the folder belongs to this user, and nobody else can write to it. */
import { existsSync, lstatSync, mkdirSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { codeOf, errorsOf, type SpyglassError } from '../contract/errors.ts'
import { errors } from './errors.ts'

const fail = errorsOf(errors)

/** The folders to try in turn when none is set, the usual one first. */
export function userSpoolFolders(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const state = env['XDG_STATE_HOME']
  const home = env['HOME'] ?? homedir()
  const fallback = path.join(tmpdir(), `spyglass-${process.getuid?.() ?? 'user'}`, 'spool')
  const root = state && path.isAbsolute(state) ? state : home && path.isAbsolute(home) && home !== '/' && path.join(home, '.local', 'state')
  return root ? [path.join(root, 'spyglass', 'spool'), fallback] : [fallback]
}

/**
 * Makes the first folder that can be had, mode 0700, and returns it.
 * @throws SPY_SPOOL_FOLDER with the reason of the last one
 */
export function openSpoolFolder(candidates: readonly string[]): string {
  let reason: unknown
  for (const folder of candidates) {
    try {
      makeFolder(folder)
      if (path.basename(path.dirname(folder)).startsWith('spyglass')) checkOwn(path.dirname(folder)) // made here, too
      checkOwn(folder)
      return folder
    } catch (error) {
      reason = error
    }
  }
  throw reason ?? fail('SPY_SPOOL_FOLDER', ['', 'no folder is given'])
}

/** Not by Node's `recursive`, which never returns from below /proc. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || existsSync(path.dirname(folder))) throw error
    makeFolder(path.dirname(folder))
    makeFolder(folder)
  }
}

/** A folder in a place that all may write to could be another user's, or a link to somewhere else. */
function checkOwn(folder: string): void {
  const found = lstatSync(folder)
  const uid = process.getuid?.()
  if (!found.isDirectory()) throw notOwn(folder, 'it is not a folder')
  if (uid !== undefined && found.uid !== uid) throw notOwn(folder, `it belongs to user ${found.uid}`)
  if (uid !== undefined && (found.mode & 0o022) !== 0) throw notOwn(folder, 'others may write to it')
}

function notOwn(folder: string, reason: string): SpyglassError {
  return fail('SPY_SPOOL_FOLDER', [folder, reason])
}
