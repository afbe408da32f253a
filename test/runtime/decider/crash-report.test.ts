import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { outOfMemory } from '../../../runtime/src/decider/crash-report.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const MIB = 1_048_576

function reported(content: unknown): { folder: string; file: string } {
  const folder = tempFolder()
  const file = join(folder, 'report.20261126.150305.4711.0.001.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return { folder, file }
}

const heap = { usedMemory: 34 * MIB, heapSpaces: { old_space: { used: 33 * MIB } } }

test('the figures of the heap are in the reason, with the limit that was set; the report is removed when others had time to read it', () => {
  const { folder, file } = reported({
    header: { trigger: 'OOMError', commandLine: ['node', '--max-old-space-size=32'] },
    javascriptHeap: heap,
  })
  expect(outOfMemory(folder, 1)).toBeUndefined()
  expect(outOfMemory(folder, 4711)).toBe(
    'out of memory: the JavaScript heap was full with 34 MiB in use, 33 MiB of it in the old generation (limit 32 MiB)',
  )
  expect(existsSync(file)).toBe(true)
  utimesSync(file, new Date(Date.now() - 660_000), new Date(Date.now() - 660_000))
  outOfMemory(folder, 1)
  expect(existsSync(file)).toBe(false)
})

test('without a limit the machine decides; another fatal error, a torn report and a missing folder say nothing', () => {
  const free = reported({ header: { trigger: 'OOMError', commandLine: ['node'] }, javascriptHeap: heap })
  expect(outOfMemory(free.folder, 4711)).toContain('limit by the memory of the machine')
  expect(outOfMemory(reported({ header: { trigger: 'FatalError' } }).folder, 4711)).toBeUndefined()
  expect(outOfMemory(reported('{"header":').folder, 4711)).toBeUndefined()
  expect(outOfMemory(join(free.folder, 'none'), 4711)).toBeUndefined()
})

test('a link in the place of a report is not followed', () => {
  const { folder } = reported({ header: { trigger: 'OOMError', commandLine: [] }, javascriptHeap: heap })
  const home = tempFolder()
  symlinkSync(join(folder, 'report.20261126.150305.4711.0.001.json'), join(home, 'report.20261126.150305.4711.0.001.json'))
  expect(outOfMemory(home, 4711)).toBeUndefined()
  expect(outOfMemory(folder, 4711)).toContain('out of memory')
})

test('what an application puts in the place of a report costs neither the decider nor a report of others', () => {
  const name = 'report.20261126.150305.4711.0.001.json'
  const [planted, linked] = [tempFolder(), tempFolder()]
  mkdirSync(join(planted, name))
  expect(outOfMemory(planted, 4711)).toBeUndefined()
  const pipes = tempFolder()
  spawnSync('mkfifo', [join(pipes, name)])
  expect(outOfMemory(pipes, 4711)).toBeUndefined()
  const { folder, file } = reported({ header: { trigger: 'OOMError', commandLine: [] }, javascriptHeap: heap })
  symlinkSync(folder, join(linked, 'reports'))
  expect([outOfMemory(join(linked, 'reports'), 4711), existsSync(file)]).toEqual([undefined, true])
})

test('a limit is a number, whatever a report says', () => {
  const { folder } = reported({ header: { trigger: 'OOMError', commandLine: ['--max-old-space-size=1\nfalse'] }, javascriptHeap: heap })
  expect(outOfMemory(folder, 4711)).toContain('limit by the memory of the machine')
})
