import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

const writer = fileURLToPath(new URL('../../../fixtures/process/writes.ts', import.meta.url))
const guard = fileURLToPath(new URL('../../../../runtime/process/src/output/guard-register.ts', import.meta.url))
const isRoot = process.platform === 'linux' && process.getuid?.() === 0

/** A file system of its own. */
function smallDisk(options: string): string {
  const folder = tempFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return folder
}

/** A program that writes in every way there is, each time it is asked to; its output goes to `file`. */
function start(file: string, guarded = true): ChildProcess {
  const fd = openSync(file, 'a')
  const execArgv = ['--conditions=spyglass-source', ...(guarded ? ['--require', guard] : [])]
  const child = spawn(process.execPath, [...execArgv, writer], {
    stdio: ['ignore', fd, fd, 'ipc'],
    env: { ...process.env, SPYGLASS_PROCESS: 'http-1' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function write(child: ChildProcess, mark: string): Promise<readonly string[]> {
  child.send(mark)
  const [ways] = (await once(child, 'message')) as [string[]]
  return ways
}

test.runIf(isRoot)(
  'a full disk ends no program that writes to its output; all of it works again afterwards, and the loss is reported',
  async () => {
    const folder = smallDisk('size=64k')
    const log = join(folder, 'server.log')
    const child = start(log)
    const ways = await write(child, 'before')
    const isWritten = (mark: string) => () => ways.every((way) => readFileSync(log, 'utf8').includes(`${mark} ${way}\n`))
    await until(isWritten('before')) // the worker may be late
    fill(folder)
    for (let i = 0; i < 20; i++) expect(await write(child, 'lost'.repeat(200))).toEqual(ways)
    rmSync(join(folder, 'fill'))
    await write(child, 'after')
    await until(isWritten('after'))
    const text = readFileSync(log, 'utf8')
    const reports = text
      .split('\n')
      .flatMap((line) => (line.includes('log lines were dropped') ? [JSON.parse(line) as { dropped: number; process: string }] : []))
    expect(reports.map(({ process: name }) => name)).toEqual(reports.map(() => 'http-1'))
    expect(reports.reduce((total, { dropped }) => total + dropped, 0)).toBeGreaterThanOrEqual(ways.length * 15)
    expect(child.exitCode).toBeNull()
  },
)

test.runIf(isRoot)('without the guard the same program ends', async () => {
  const folder = smallDisk('size=64k')
  const child = start(join(folder, 'server.log'), false)
  await write(child, 'before')
  fill(folder)
  child.send('lost'.repeat(200))
  const [code] = await once(child, 'exit')
  expect(code).not.toBe(0)
})

test.runIf(isRoot)('a reader that is gone ends nobody', async () => {
  const child = spawn(process.execPath, ['--conditions=spyglass-source', '--require', guard, writer], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const streams = ['stream', 'console']
  await write(child, `only ${streams.join(' ')}`)
  child.stdout?.destroy()
  child.stderr?.destroy()
  for (let i = 0; i < 3; i++) await write(child, `only ${streams.join(' ')}`)
  expect(child.exitCode).toBeNull()
})

/** To the last byte. */
function fill(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const size of [4096, 1]) {
    try {
      for (;;) writeFileSync(join(folder, 'fill'), Buffer.alloc(size), { flag: 'a' })
    } catch {
      // full
    }
  }
}

test('a reader of the pipes that is gone ends no program either', async () => {
  const child = spawn(process.execPath, ['--conditions=spyglass-source', '--require', guard, writer], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, SPYGLASS_PROCESS: 'http-1' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += String(chunk)))
  const ways = await write(child, 'before')
  await until(() => ways.every((way) => text.includes(`before ${way}\n`)))
  child.stdout?.destroy()
  child.stderr?.destroy()
  for (let n = 0; n < 5; n++) expect(await write(child, 'lost')).toEqual(ways)
  expect(child.exitCode).toBeNull()
})
