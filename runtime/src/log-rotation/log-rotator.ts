/**
 * Rotates logs by size and by day: renames the file, which its writers notice by themselves, compresses it once none of them can still write to
 * it, and deletes what is too old. A disk that is full or read-only costs nothing but a later try.
 */
import { createReadStream, createWriteStream, type Dirent, existsSync, type Stats } from 'node:fs'
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { expired, isDue, logOf, rotatedName, type RotationSettings } from './rotation-plan.ts'

export interface LogRotatorOptions {
  /** Each file named `*.log` in them is a log. */
  readonly folders: readonly string[]
  /** Logs elsewhere, as they are now; what they were renamed to is beside them. */
  readonly files?: () => readonly string[]
  readonly settings: RotationSettings
  readonly now?: () => number
  readonly onRotated?: (path: string, rotated: string) => void
  readonly onFailure?: (error: unknown) => void
  /** A rotated file is compressed when nobody has written to it for so long. Default 10 s: writers notice a rename within a second. */
  readonly quietMs?: number
}

const CHECK_MS = 1000
const PART = '.part'

export class LogRotator {
  readonly #options: LogRotatorOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(options: LogRotatorOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), CHECK_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** Does what is due now; a call during another waits for that one. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #lookAtAll(): Promise<void> {
    const { folders, files = () => [] } = this.#options
    const elsewhere = Map.groupBy(
      files().filter((file) => !folders.includes(dirname(file))),
      dirname,
    )
    for (const folder of [...folders, ...elsewhere.keys()]) {
      try {
        await this.#lookAt(
          folder,
          elsewhere.get(folder)?.map((file) => basename(file)),
        )
      } catch (error) {
        this.#options.onFailure?.(error)
      }
    }
  }

  /** At all logs in the folder, or only at these: the folder may be that of others. */
  async #lookAt(folder: string, only?: readonly string[]): Promise<void> {
    const names = (await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
    for (const name of names.filter((each) => only?.includes(each) ?? each.endsWith('.log'))) await this.#rotate(join(folder, name))
    const rotated = Map.groupBy(
      names.filter((name) => isOf(logOf(name), only)),
      logOf,
    )
    for (const files of rotated.values()) await this.#tidy(folder, files)
  }

  async #rotate(path: string): Promise<void> {
    const { settings, now = Date.now, onRotated } = this.#options
    const { size, birthtimeMs, mtimeMs, uid, gid, mode } = await stat(path)
    const state = { sizeBytes: size, createdAt: birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs, modifiedAt: mtimeMs }
    if (!isDue(state, settings, now())) return
    const folder = dirname(path)
    const target = join(
      folder,
      rotatedName(basename(path), now(), (name) => existsSync(join(folder, name))),
    )
    await rename(path, target)
    if (gid !== process.getgid?.()) await makeFor(path, { uid, gid, mode })
    onRotated?.(path, target)
  }

  async #tidy(folder: string, names: readonly string[]): Promise<void> {
    const { settings, now = Date.now, quietMs = 10_000 } = this.#options
    const files = await Promise.all(names.map(async (name) => ({ name, modifiedAt: (await stat(join(folder, name))).mtimeMs })))
    const gone = new Set(expired(files, settings, now()))
    for (const name of gone) await rm(join(folder, name), { force: true })
    if (!settings.compress) return
    for (const { name, modifiedAt } of files) {
      if (!gone.has(name) && !name.endsWith('.gz') && now() - modifiedAt >= quietMs) await compress(join(folder, name))
    }
  }
}

const isOf = (log: string | undefined, only: readonly string[] | undefined): boolean =>
  log !== undefined && (only === undefined || only.includes(log))

/** The writer of a log that is shared with a group may append to it, but not make it. */
async function makeFor(path: string, { uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.chown(uid, gid)
    await file.chmod(mode & 0o7777)
  } finally {
    await file.close()
  }
}

/** The compressed file takes the place of the other only when it is whole, and only if nothing was appended meanwhile. */
async function compress(path: string): Promise<void> {
  const before = await stat(path)
  const part = `${path}.gz${PART}`
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(part, { mode: 0o640 }))
    await utimes(part, before.atime, before.mtime)
    if ((await stat(path)).size !== before.size) return await rm(part, { force: true })
    await rename(part, `${path}.gz`)
    await rm(path)
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    throw error
  }
}
