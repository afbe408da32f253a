/**
 * Runs as the user of an application: unpacks the version that comes on standard input, runs the install scripts of its packages, then its own, and
 * writes what became of it to standard output. What npm says goes to standard error.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { packTar, unpackTar } from 'modern-tar/fs'

/** What `npm ci` runs of the application itself, in this order. */
const OWN_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare']
const STDERR = 2

const folder = join(process.cwd(), 'install')

function npm(...args: readonly string[]): void {
  const { status, signal, error } = spawnSync('npm', [...args, '--no-update-notifier', '--no-fund', '--foreground-scripts'], {
    cwd: folder,
    stdio: ['ignore', STDERR, STDERR],
  })
  if (error) process.stderr.write(`${error.message}\n`)
  if (status !== 0) process.exit(status ?? (signal === null ? 1 : 128))
}

const { scripts = {} } = await unpacked()
npm('rebuild')
for (const script of OWN_SCRIPTS) if (Object.hasOwn(scripts, script)) npm('run', script)
await pipeline(packTar([{ type: 'directory', source: folder, target: 'application' }]), process.stdout)
rmSync(folder, { recursive: true, force: true })

/** Resolves with its package.json. */
async function unpacked(): Promise<{ readonly scripts?: object }> {
  rmSync(folder, { recursive: true, force: true }) // of one that was killed
  await pipeline(process.stdin, unpackTar(folder))
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly scripts?: object }
}
