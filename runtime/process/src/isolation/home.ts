/**
 * What an application with `permission` or `user` has on disk, and nobody else: a home with its temporary files, compiled modules, spool and reports,
 * and what of the data folder it can reach with a user of its own. There the data folder may be passed through but not listed, and all in it is closed
 * except the ways to homes, versions, sockets and access logs.
 */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import type { DataFolder } from '../config/data-folder.ts'
import type { ProcessUser } from './application-user.ts'

export interface Home {
  readonly root: string
  readonly temporary: string
  /** Compiled modules: in a common folder one application could prepare those of another. */
  readonly cache: string
  readonly spool: string
  /** Reports of processes that ran out of memory. */
  readonly reports: string
}

/** Paths only. */
export function homeOf({ homes }: Pick<DataFolder, 'homes'>, application: string): Home {
  const root = join(homes, application)
  return { root, temporary: join(root, 'tmp'), cache: join(root, 'cache'), spool: join(root, 'spool'), reports: join(root, 'reports') }
}

/** Makes the home for the user of the server, or for the one given. */
export function makeHome(home: Home, user?: ProcessUser): void {
  for (const path of [home.root, home.temporary, home.cache, home.spool, home.reports]) {
    if (isInTheWay(path)) rmSync(path, { force: true })
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (user && lstatSync(path).uid !== user.uid) lchownSync(path, user.uid, user.gid)
  }
}

/** Whether the application has put something else in the place of a folder: no neighbour, and no start of the server, may fail for it. */
function isInTheWay(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false
  try {
    return !statSync(path).isDirectory()
  } catch {
    return true // a link that leads nowhere
  }
}

/** Folders in the data folder that users of applications pass through. */
const PASSED = ['applications', 'homes', 'sockets', 'logs']

/** Lets the users of these applications reach what is theirs in the data folder, after everything else is closed to them. */
export function openDataFolder(folder: DataFolder, applications: readonly string[]): void {
  for (const path of [folder.homes, folder.sockets]) mkdirSync(path, { recursive: true, mode: 0o700 })
  const closed = [
    folder.store,
    folder.wal,
    folder.spool,
    folder.state,
    folder.run,
    folder.administration,
    folder.grafana,
    folder.mibs,
    folder.cache,
  ]
  for (const path of closed) mkdirSync(path, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder.root)) if (!PASSED.includes(name)) close(join(folder.root, name))
  const versions = join(folder.root, 'applications')
  if (existsSync(versions)) for (const name of readdirSync(versions)) if (!applications.includes(name)) close(join(versions, name))
  for (const name of PASSED) pass(join(folder.root, name))
  if (dirname(folder.accessLogs).startsWith(`${folder.root}/`)) pass(folder.accessLogs)
  pass(folder.root)
}

const NO_DISK = new Set(['EROFS', 'ENOSPC', 'EDQUOT'])

/** Lets the user append to the access log of its application. It belongs to the server: a rotation keeps that. */
export function openAccessLog(file: string, { gid }: ProcessUser): void {
  let fd: number
  try {
    fd = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o660)
  } catch (error) {
    if (NO_DISK.has(codeOf(error) ?? '')) return // the application is served without a log, which reports what it loses
    throw error
  }
  try {
    fchownSync(fd, 0, gid)
    fchmodSync(fd, 0o660)
  } finally {
    closeSync(fd)
  }
}

/** Lets the user, and no other, read a deployed version: a folder that all versions of the application are in, and the version itself. */
export function openVersion(versions: string, version: string, { gid }: ProcessUser): void {
  give(versions, gid, 0o710)
  if (lstatSync(version).gid === gid) return // it is given last, and a version never changes
  for (const entry of readdirSync(version, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isSymbolicLink()) lchownSync(path, 0, gid)
    else give(path, gid, readable(lstatSync(path).mode))
  }
  give(version, gid, 0o750)
}

/** The owner may do what it could before, the group may read and execute the same, others nothing. */
function readable(mode: number): number {
  const owner = (mode & 0o700) | 0o400
  return owner | ((owner & 0o500) >> 3)
}

function give(path: string, gid: number, mode: number): void {
  const found = lstatSync(path)
  if (found.uid !== 0 || found.gid !== gid) lchownSync(path, 0, gid)
  if ((found.mode & 0o7777) !== mode) chmodSync(path, mode)
}

function close(path: string): void {
  const { mode } = lstatSync(path)
  if ((mode & 0o077) !== 0 && (mode & constants.S_IFMT) !== constants.S_IFLNK) chmodSync(path, mode & 0o700)
}

function pass(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory() && (found.mode & 0o7777) !== 0o711) chmodSync(path, 0o711)
}
