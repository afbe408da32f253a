/**
 * Installs the packages of a deployed application by its own lock file, with the npm of the machine. Scripts of packages do not run unless they are
 * allowed, npm gets nothing of the server's environment but what it needs to reach its registry, and time and output are bounded.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { type Bounds, outputOf } from './bounded-program.ts'
import { fail } from './errors.ts'

export interface InstallOptions extends Bounds {
  /** Folder of npm's cache. */
  readonly cache: string
  /** Whether scripts of packages may run. Default: they may not. */
  readonly withScripts?: boolean
  /** Default: that of this process. */
  readonly environment?: NodeJS.ProcessEnv
}

const LOCKS = ['package-lock.json', 'npm-shrinkwrap.json']
/** Lock files of others, in the order in which they are looked for. */
const OTHERS: Readonly<Record<string, string>> = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'Yarn',
  'bun.lock': 'Bun',
  'bun.lockb': 'Bun',
}
/** Where npm finds itself, its user's settings, its registry and the way there. */
const PASSED =
  /^(PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|(https?|no)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|NPM_TOKEN|npm_config_(registry|ca|cafile|cert|key|proxy|https_?proxy|noproxy|userconfig|globalconfig|strict_ssl))$/i

/**
 * Resolves with the last lines that npm wrote.
 * @throws SPY_INSTALL_NO_LOCK, SPY_INSTALL_MANAGER, SPY_INSTALL_NO_NPM, SPY_INSTALL_FAILED, SPY_INSTALL_TIMEOUT
 */
export async function installPackages(folder: string, options: InstallOptions): Promise<string> {
  const { name, cache, timeoutMs, withScripts = false, environment = process.env } = options
  requireLock(folder, name)
  const child = spawn('npm', argumentsFor(cache, withScripts), {
    cwd: folder,
    env: environmentFrom(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own, so that all of it can be ended
  })
  return await outputOf(child, [child.stdout, child.stderr], { name, timeoutMs })
}

/** @throws SPY_INSTALL_NO_LOCK, SPY_INSTALL_MANAGER */
function requireLock(folder: string, name: string): void {
  if (LOCKS.some((lock) => existsSync(join(folder, lock)))) return
  const other = Object.keys(OTHERS).find((lock) => existsSync(join(folder, lock)))
  if (other === undefined) throw fail('SPY_INSTALL_NO_LOCK', [name])
  throw fail('SPY_INSTALL_MANAGER', [name, other, OTHERS[other]])
}

/** `git` is named, since an `.npmrc` of the application could otherwise name a program of its own as git. */
const argumentsFor = (cache: string, withScripts: boolean): readonly string[] => [
  'ci',
  `--cache=${cache}`,
  `--ignore-scripts=${String(!withScripts)}`,
  '--git=git',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--no-progress',
]

/** Which of these nobody else may know: where the credentials of the server's user are, and who it is. */
const OF_THE_SERVER = /^(HOME|USER|TMPDIR|NPM_TOKEN|npm_config_(cert|key|userconfig))$/i

/** What the scripts of packages may know that run as another user. */
export const strangersEnvironment = (environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environmentFrom(environment)).filter(([name]) => !OF_THE_SERVER.test(name)))

/** npm leaves out development dependencies with NODE_ENV=production, unless the `.npmrc` of the application includes them. */
function environmentFrom(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED.test(name)))
  const path = [dirname(process.execPath), ...(environment['PATH'] ?? '').split(delimiter)].join(delimiter) // npm runs on this Node
  return { ...passed, PATH: path, NODE_ENV: 'production' }
}
