import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { commandOf, cpuSeconds, memoryOf, processTree, treeCpuSeconds } from '../../bench/process-usage.ts'
import { tempFolder } from '../support/temp-folder.ts'

const GRANDCHILD = `
while (process.cpuUsage().user < 200_000);
process.send('busy')
process.on('disconnect', () => process.exit())
process.on('message', () => process.exit())`
const CHILD = `
const { fork } = require('node:child_process')
const grandchild = fork(__dirname + '/grand child.js')
grandchild.on('message', () => process.send(grandchild.pid))
process.on('message', () => grandchild.send('end'))
process.on('disconnect', () => process.exit())
grandchild.on('exit', () => process.send(0))`

test('a tree counts what the children of children use, also after they have ended', async () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'grand child.js'), GRANDCHILD)
  writeFileSync(join(folder, 'parent.js'), CHILD)
  writeFileSync(join(folder, 'preloaded.js'), '')
  const parent = spawn(process.execPath, ['--require', join(folder, 'preloaded.js'), join(folder, 'parent.js')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  onTestFinished(() => parent.disconnect())
  const pid = parent.pid ?? 0
  const [grandchild] = (await once(parent, 'message')) as [number]
  expect(processTree(pid)).toEqual([pid, grandchild])
  expect(processTree(process.pid)).toEqual(expect.arrayContaining([process.pid, pid, grandchild]))
  expect([commandOf(pid), commandOf(grandchild)]).toEqual(['parent', 'grand child'])
  expect(cpuSeconds(grandchild)).toBeGreaterThanOrEqual(0.2)
  expect(treeCpuSeconds(pid)).toBeGreaterThanOrEqual(cpuSeconds(pid) + 0.2)
  expect(memoryOf(grandchild).rssMiB).toBeGreaterThan(memoryOf(grandchild).pssMiB)
  const before = treeCpuSeconds(pid)
  parent.send('end')
  await once(parent, 'message')
  expect(processTree(pid)).toEqual([pid])
  expect(treeCpuSeconds(pid)).toBeGreaterThanOrEqual(before)
  expect([cpuSeconds(grandchild), memoryOf(grandchild), commandOf(grandchild)]).toEqual([0, { rssMiB: 0, pssMiB: 0 }, 'ended'])
})

test('a shell is named after its script', async () => {
  const shell = spawn('/bin/sh', ['-c', 'read -r line; exit 0', 'guard of something'], { stdio: ['pipe', 'ignore', 'inherit'] })
  await once(shell, 'spawn')
  expect(commandOf(shell.pid ?? 0)).toBe('guard of something')
  shell.stdin.end()
  await once(shell, 'exit')
})
