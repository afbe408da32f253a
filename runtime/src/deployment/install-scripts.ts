/**
 * Runs the install scripts of an application that has a user of its own as that user. What they make is believed no more than an archive of a stranger:
 * the version goes to a process of the user as a tar, comes back as one, and is unpacked again, with everything that unpacking checks. Read
 * install-scripts-main.ts for the other side.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { Home, ProcessUser } from '@spyglass/process/isolation'
import { packTar } from 'modern-tar/fs'
import type { ArchiveLimits } from './archive/entry.ts'
import { unpackArchive } from './archive/unpack.ts'
import { type Bounds, endGroup, outputOf } from './bounded-program.ts'
import { fail } from './errors.ts'
import { strangersEnvironment } from './install.ts'

export interface InstallScriptsOptions extends Bounds {
  readonly user: ProcessUser
  /** It exists, and belongs to the user. */
  readonly home: Home
  readonly limits: ArchiveLimits
  /** For what comes back: a file that is not there yet, in a folder of the server. */
  readonly file: string
}

/** Heads and padding of a tar, for each entry. */
const BYTES_PER_ENTRY = 2048

/**
 * Resolves with the last lines that npm wrote. `folder` is replaced.
 * @throws SPY_INSTALL_FAILED, SPY_INSTALL_TIMEOUT, SPY_ARCHIVE_…
 */
export async function runInstallScripts(folder: string, options: InstallScriptsOptions): Promise<string> {
  const { name, limits, file } = options
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const output = await madeBy(startAsUser(options), folder, options)
    await rm(folder, { recursive: true, force: true })
    await unpackArchive(file, folder, { limits, name: `of what the install scripts of ${name} made` })
    return output
  } finally {
    await rm(file, { force: true })
  }
}

function startAsUser({ user: { uid, gid }, home }: InstallScriptsOptions): ChildProcess {
  const main = fileURLToPath(new URL(`install-scripts-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))
  const env = { ...strangersEnvironment(), HOME: home.root, TMPDIR: home.temporary, USER: String(uid) }
  return spawn(process.execPath, [...process.execArgv, main], { cwd: home.temporary, uid, gid, env, detached: true })
}

async function madeBy(child: ChildProcess, folder: string, { limits, file, ...bounds }: InstallScriptsOptions): Promise<string> {
  const { stdin, stdout, stderr } = child
  if (!stdin || !stdout) return await outputOf(child, [stderr], bounds) // it was not started
  const sent = pipeline(packTar(folder), stdin).catch(() => undefined) // one that has ended says why
  const received = pipeline(stdout, limited(limits, bounds.name), createWriteStream(file, { flags: 'wx', mode: 0o600 })).catch((error) => {
    endGroup(child)
    throw error
  })
  const [output] = await Promise.all([outputOf(child, [stderr], bounds), received, sent])
  return output
}

/** Nothing that is not unpacked anyway fills the disk. */
function limited({ maxBytes, maxEntries }: ArchiveLimits, name: string): Transform {
  let left = maxBytes + maxEntries * BYTES_PER_ENTRY
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      left -= chunk.length
      if (left >= 0) done(undefined, chunk)
      else
        done(
          fail('SPY_ARCHIVE_LIMIT', [`of what the install scripts of ${name} made`, `has more than ${maxBytes} bytes`, 'maxUnpackedBytes']),
        )
    },
  })
}
