import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { ServerLog } from '../../../runtime/src/server-log/server-log.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const linesIn = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('a rotation by rename is left by every process at once, and no line is lost', async () => {
  const folder = tempFolder()
  const path = join(folder, 'server.log')
  const log = new ServerLog({ path, flushMs: 1 })
  const processes = ['shop-1', 'shop-2'].map((process) => {
    const stdout = new PassThrough()
    log.attach({ process, application: 'shop', pid: 1 }, stdout, null)
    return stdout
  })
  for (let n = 0; n < 200; n++) {
    processes[n % 2]?.write(`line ${n}\n`)
    if (n % 50 !== 49) continue
    await new Promise(setImmediate)
    await log.flush()
    renameSync(path, `${path}-${n}`)
  }
  for (const stdout of processes) stdout.end('end\n')
  await new Promise(setImmediate)
  await log.stop()
  const all = readdirSync(folder).flatMap((name) => linesIn(join(folder, name)))
  expect(all.filter(({ msg }) => String(msg).startsWith('line'))).toHaveLength(200)
  expect(all.filter(({ msg }) => msg === 'end').map(({ process }) => process)).toEqual(['shop-1', 'shop-2'])
  expect(linesIn(path)).toHaveLength(2)
})

test('the last words of a real process are in it, those of its standard error and those without a line break', async () => {
  const path = join(tempFolder(), 'server.log')
  const log = new ServerLog({ path })
  const program = `console.log('out'); console.error('err'); process.stdout.write('x'.repeat(100000) + '\\n'); process.stdout.write('last'); process.exitCode = 3`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  log.attach({ process: 'shop-1', application: 'shop', pid: child.pid ?? 0 }, child.stdout, child.stderr)
  await new Promise((resolve) => child.on('close', resolve))
  await log.stop()
  const lines = linesIn(path)
  expect(lines.map(({ msg, stream }) => `${String(stream)} ${String(msg).slice(0, 4)}`).toSorted()).toEqual([
    'stderr err',
    'stdout last',
    'stdout out',
    'stdout xxxx',
    'stdout xxxx',
  ])
  expect(lines.every(({ application, process: name }) => application === 'shop' && name === 'shop-1')).toBe(true)
})

test('lines go to the console instead of the file, or as well', async () => {
  const folder = tempFolder()
  const written: string[] = []
  const console = { write: (text: string) => written.push(text) }
  const only = new ServerLog({ path: join(folder, 'a.log'), toFile: false, console })
  only.write('{"a":1}\n')
  await only.stop()
  const both = new ServerLog({ path: join(folder, 'b.log'), console })
  both.write('{"b":1}\n')
  await both.stop()
  expect(written).toEqual(['{"a":1}\n', '{"b":1}\n'])
  expect(readdirSync(folder)).toEqual(['b.log'])
})

test('a file that cannot be written costs lines, which are counted, and nothing else', async () => {
  const folder = tempFolder()
  const log = new ServerLog({ path: join(folder, 'x', 'server.log') })
  const file = new ServerLog({ path: join(folder, 'x') })
  file.write('{"first":1}\n')
  await file.flush()
  log.write('{"lost":1}\n') // its folder is a file
  await log.flush()
  expect(log.dropped).toBe(1)
  await log.stop()
  await file.stop()
})
