/**
 * What every `npm run` script goes through: installs what the lock file names and node_modules lacks, builds the agent, then runs the
 * script with the project's own Node. Plain JavaScript without a dependency, for Node 18 and later, since it runs before anything is installed.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** npm's own list of what it installed, written last. */
const INSTALLED = 'node_modules/.package-lock.json'
const CONDITION = '--conditions=spyglass-source'

/** Command to the module that runs it and its first arguments. */
const commands = {
  start: ['runtime/dist/cli/spyglass.js', 'up', '--demo'],
  spyglass: ['runtime/bin/spyglass.js'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  docs: ['scripts/docs.ts'],
  build: ['scripts/build.ts'],
  coverage: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--coverage.enabled'],
  bench: ['bench/run.ts'],
  soak: ['scripts/soak.ts'],
  mutation: ['scripts/mutation.ts'],
}

/** They start the server's processes as they are built: bundled, they start in half of the time and with a fifth less memory. */
const RUN_BUILT = ['start', 'test', 'bench', 'soak']

const [command = '', ...given] = process.argv.slice(2)
const target = Object.hasOwn(commands, command) ? commands[command] : undefined
if (!target) stop(`no such command: ${command || '(none)'}. Available: ${Object.keys(commands).join(', ')}.`)
if (!isInstalled()) await install()
else linkWorkspaces()
if (RUN_BUILT.includes(command) || (command !== 'build' && !existsSync(join(root, 'agent', 'dist')))) await buildPrograms()
process.exit(await runScript([...target, ...given]))

function say(text) {
  process.stderr.write(`spyglass: ${text}\n`)
}

function stop(text) {
  say(text)
  process.exit(1)
}

/**
 * Whether node_modules holds the packages that the lock file names, by their own manifests: npm's list also changes when only the lock
 * file is made. An optional package may be missing, since most are for another platform.
 */
function isInstalled() {
  const want = readPackages()
  if (!existsSync(join(root, INSTALLED))) return false
  return Object.entries(want).every(([path, { version, link, optional }]) => {
    if (!path.includes('node_modules/') || link) return true
    const have = readJson(join(path, 'package.json'))?.version
    return have === version || (have === undefined && optional === true)
  })
}

/** A new workspace needs a link and no new install. */
function linkWorkspaces() {
  for (const [path, { link, resolved }] of Object.entries(readPackages())) {
    const file = join(root, path)
    if (!link || existsSync(file)) continue
    rmSync(file, { force: true })
    mkdirSync(dirname(file), { recursive: true })
    symlinkSync(relative(dirname(file), join(root, resolved)), file, 'dir')
  }
}

function readPackages() {
  return readJson('package-lock.json')?.packages ?? stop('package-lock.json is missing or unreadable; the checkout is incomplete.')
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8'))
  } catch {
    return undefined
  }
}

async function install() {
  const isFirst = !existsSync(join(root, INSTALLED))
  say(
    isFirst
      ? 'installing the packages of package-lock.json (about 1 GB with the embedded database) …'
      : 'installing the packages that are new in package-lock.json …',
  )
  rmSync(join(root, INSTALLED), { force: true }) // so an interrupted install is done again
  const started = Date.now()
  const ticker = setInterval(() => say(`still installing, ${Math.round((Date.now() - started) / 1000)} s`), 5000)
  const npm = process.env.npm_execpath
  const args = [...(isFirst ? ['ci'] : ['install', '--no-save']), '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const child = npm ? [process.execPath, [npm, ...args]] : ['npm', args]
  const code = await spawned(child[0], child[1], environment())
  clearInterval(ticker)
  if (code !== 0)
    stop(`npm ${args[0]} exited with ${code}. Can this machine reach the package registry, and is there disk space? Then run it again.`)
  say(`installed in ${Math.round((Date.now() - started) / 1000)} s`)
}

/** What is older than its sources. Applications in this checkout find the agent there as well: they know nothing of our condition. */
async function buildPrograms() {
  const code = await runScript(['scripts/build.ts', '--programs'], ['ignore', 'inherit', 'inherit'])
  if (code !== 0) stop('could not build what this runs; see above')
}

function runScript([file, ...args], stdio = 'inherit') {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const env = environment()
  env.NODE_COMPILE_CACHE ??= join(root, '.cache', 'node-compile')
  env.PATH = `${join(root, 'node_modules', '.bin')}:${env.PATH ?? ''}`
  const conditions = file.includes('/dist/') ? [] : [CONDITION]
  return spawned(projectNode(), [...conditions, join(root, file), ...args], env, stdio)
}

/** The Node that the lock file pins; where there is no package for the platform, a system Node that is new enough. */
function projectNode() {
  const pinned = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(pinned)) return pinned
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 14)) return process.execPath
  return stop(`there is no Node package for ${process.platform}-${process.arch}; install Node 24.14 or later and run this again.`)
}

/** npm puts our condition into NODE_OPTIONS, which must not reach applications: what needs it gets it as an argument. */
function environment() {
  const env = { ...process.env }
  const options = (env.NODE_OPTIONS ?? '').split(' ').filter((option) => option && option !== CONDITION)
  if (options.length > 0) env.NODE_OPTIONS = options.join(' ')
  else delete env.NODE_OPTIONS
  return env
}

/**
 * Runs a child with this terminal and resolves with its exit code. Ctrl-C reaches the child from the terminal itself; a signal that was
 * sent to this process alone is passed on. A child that a signal ended ends this process by the same signal.
 */
function spawned(file, args, env, stdio = 'inherit') {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio, env })
    const pass = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, pass)
    child.on('error', (error) => stop(`cannot start ${file}: ${error.message}`))
    child.on('exit', (code, signal) => {
      for (const each of signals) process.off(each, pass)
      if (signal) process.kill(process.pid, signal)
      resolve(code ?? 1)
    })
  })
}
