import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { holderOf, lockDataFolder } from '../../../runtime/src/holder/data-lock.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const script = fileURLToPath(new URL('../../fixtures/keeper/lock.ts', import.meta.url))
const node = [process.execPath, '--conditions=spyglass-source', script] as const

/** Another process that holds the lock of a folder until it is killed. */
async function holder(folder: string): Promise<ChildProcess> {
  const child = spawn(node[0], [...node.slice(1), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

const lock = (folder: string) => lockDataFolder(folder, folder)
const inUse = (text: string) => expect.objectContaining({ code: 'SPY_DATA_IN_USE', message: expect.stringContaining(text) })

test('a folder that a living process holds is refused, with its pid, and free again once it has released it', async () => {
  const folder = tempFolder()
  const child = await holder(folder)
  expect(() => lock(folder)).toThrow(inUse(`process ${child.pid}`))
  expect(holderOf(folder)).toEqual({ pid: child.pid, host: hostname() })
  child.kill('SIGTERM')
  await once(child, 'exit')
  expect(holderOf(folder)).toBeUndefined()
  const mine = lock(folder)
  expect(mine.afterCrash).toBe(false)
  mine.release()
  expect(readdirSync(folder)).toEqual(['lock'])
})

test('a lock left by kill -9 holds nobody up, and the next one knows of it', async () => {
  const folder = tempFolder()
  const child = await holder(folder)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(holderOf(folder)).toBeUndefined()
  const mine = lock(folder)
  expect(mine.afterCrash).toBe(true)
  mine.release()
  const next = lock(folder)
  expect(next.afterCrash).toBe(false)
  next.release()
})

test('a copy of a folder in use is nobody’s', async () => {
  const folder = tempFolder()
  const copy = join(tempFolder(), 'copy')
  const child = await holder(folder)
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true })
  expect(holderOf(copy)).toBeUndefined()
  lock(copy).release()
  expect(() => lock(folder)).toThrow(inUse(String(child.pid)))
})

test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('containers on one volume see each other’s lock', async () => {
  const folder = tempFolder()
  await holder(folder)
  // namespaces of its own for pids, network, host name and mounts: its process ids mean nothing here and ours nothing there
  const { stdout } = spawnSync('unshare', ['-p', '-n', '-u', '-m', '--fork', '--mount-proc', ...node, folder], { encoding: 'utf8' })
  expect(stdout).toContain('SPY_DATA_IN_USE')
})

test.for([
  ['a lock of version 0.1', JSON.stringify({ pid: 1, began: '1' })],
  ['an empty file', ''],
  ['garbage', 'x'.repeat(5000)],
])('%s in the place of the lock holds nobody up', ([, content]) => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'lock'), content!)
  expect(holderOf(folder)).toBeUndefined()
  expect(() => lock(folder).release()).not.toThrow()
})

test('garbage written over a lock that is held does not free it', async () => {
  const folder = tempFolder()
  await holder(folder)
  writeFileSync(join(folder, 'lock'), 'garbage'.repeat(1000))
  expect(() => lock(folder)).toThrow(inUse('process'))
})

test('a damaged note of the holder costs only its pid', async () => {
  const folder = tempFolder()
  await holder(folder)
  writeFileSync(join(folder, 'keeper.json'), '{"pid"')
  expect(() => lock(folder)).toThrow(inUse('another process'))
})

test.each([
  ['a folder', (path: string) => mkdirSync(path)],
  ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
  ['a link that leads nowhere', (path: string) => symlinkSync(`${path}.gone`, path)],
  ['a link that leads nowhere', (path: string) => symlinkSync(path, path)],
  ['a device', (path: string) => symlinkSync('/dev/null', path)],
])('%s in place of the lock is named, with its path', (what, put) => {
  const folder = tempFolder()
  put(join(folder, 'lock'))
  const message = `the lock ${join(folder, 'lock')} is ${what}, but must be a file. Remove it; its content means nothing.`
  expect(() => lock(folder)).toThrow(expect.objectContaining({ code: 'SPY_DATA_LOCK_MISPLACED', message }))
})

test('a link to a file is as good as a file', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'elsewhere'), '')
  symlinkSync('elsewhere', join(folder, 'lock'))
  expect(() => lock(folder).release()).not.toThrow()
})

test('of many that try at the same moment one has it', async () => {
  const folder = tempFolder()
  const tries = Array.from({ length: 8 }, () => spawn(node[0], [...node.slice(1), folder], { stdio: ['ignore', 'pipe', 'inherit'] }))
  onTestFinished(() => tries.forEach((child) => child.kill('SIGKILL')))
  const answers = await Promise.all(tries.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])))
  expect(answers.filter((text) => text.startsWith('held'))).toHaveLength(1)
  expect(answers.filter((text) => text.startsWith('SPY_DATA_IN_USE'))).toHaveLength(7)
})
