import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { processesWith } from '../../runtime/src/holder/process-stat.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const SCRIPT = join(ROOT, 'scripts', 'bootstrap.mjs')

function run(args: string[], script = SCRIPT, env = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], { env: { ...process.env, ...env } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

test('an unknown command is refused with those there are', async () => {
  const { code, stderr } = await run(['dance'])
  expect(code).toBe(1)
  expect(stderr).toContain('no such command: dance. Available: start, spyglass, test, check, docs, build, coverage, bench, soak, mutation.')
})

test('arguments reach the command line, and its exit code comes back', async () => {
  expect((await run(['spyglass', '--help'])).stdout).toContain('Usage: spyglass')
  expect((await run(['spyglass', 'no-such-command'])).code).not.toBe(0)
})

test('a signal to the script alone ends everything that it started', async () => {
  const mark = `SPYGLASS_TEST_MARK=${randomUUID()}`
  const [name = '', value] = mark.split('=')
  const child = spawn(process.execPath, [SCRIPT, 'test', '--watch', 'test/scripts/test-summary.test.ts'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [name]: value },
  })
  onTestFinished(() => processesWith(mark).forEach((pid) => process.kill(pid, 'SIGKILL')))
  let output = ''
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()))
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
  await until(() => output.includes('Test Files'))
  expect(processesWith(mark).length).toBeGreaterThan(2) // this script, the one for tests, vitest
  child.kill('SIGTERM')
  expect(await ended).toBe('SIGTERM')
  await until(() => processesWith(mark).length === 0)
})

/** A checkout with the script and a lock file, whose `npm run docs` prints `ran`. */
function checkout(packages: Readonly<Record<string, object>>): { root: string; docs: () => ReturnType<typeof run> } {
  const root = tempFolder()
  for (const folder of ['scripts', 'agent/dist', 'node_modules/.bin']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }))
  writeFileSync(join(root, 'scripts/docs.ts'), "console.log('ran')")
  writeFileSync(join(root, 'scripts/build.ts'), '')
  symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'))
  cpSync(SCRIPT, join(root, 'scripts/bootstrap.mjs'))
  writeFileSync(
    join(root, 'npm.mjs'),
    `import { mkdirSync, writeFileSync } from 'node:fs'
     mkdirSync('node_modules/left', { recursive: true })
     writeFileSync('node_modules/left/package.json', '{"version":"1.0.0"}')
     writeFileSync('node_modules/.package-lock.json', '{}')
     console.log('npm ' + process.argv.slice(2, 4).join(' '))`,
  )
  return { root, docs: () => run(['docs'], join(root, 'scripts/bootstrap.mjs'), { npm_execpath: join(root, 'npm.mjs') }) }
}

test('a workspace that is new to node_modules is linked, without a new install', async () => {
  const { root, docs } = checkout({
    '': {},
    'runtime/process': { version: '0.1.0' },
    'node_modules/@spyglass/process': { resolved: 'runtime/process', link: true },
  })
  mkdirSync(join(root, 'runtime/process'), { recursive: true })
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}')
  expect(await docs()).toMatchObject({ code: 0, stdout: 'ran\n', stderr: '' })
  expect(readlinkSync(join(root, 'node_modules/@spyglass/process'))).toBe('../../runtime/process')
  expect(existsSync(join(root, 'node_modules/@spyglass/process'))).toBe(true)
})

test('the first run installs everything, a later one what is new or another version, and one after that nothing', async () => {
  const { root, docs } = checkout({
    '': {},
    'node_modules/left': { version: '1.0.0' },
    'node_modules/other-platform': { version: '1.0.0', optional: true },
  })
  expect((await docs()).stdout).toBe('npm ci --ignore-scripts\nran\n')
  expect((await docs()).stdout).toBe('ran\n')
  writeFileSync(join(root, 'node_modules/left/package.json'), '{"version":"0.9.0"}')
  expect((await docs()).stdout).toBe('npm install --no-save\nran\n')
  rmSync(join(root, 'node_modules/left'), { recursive: true })
  expect((await docs()).stdout).toBe('npm install --no-save\nran\n')
})
