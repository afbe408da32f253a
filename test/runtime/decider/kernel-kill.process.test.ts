import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { KernelKills } from '../../../runtime/src/decider/kernel-kill.ts'

const LIMIT = 100 * 1_048_576

/** The control group of this process for memory, if this process may make groups below it. */
function memoryGroup(): string | undefined {
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(
    process.platform === 'linux' ? readFileSync('/proc/self/cgroup', 'utf8') : '',
  )?.[1]
  const folder = v1 && join('/sys/fs/cgroup/memory', v1)
  if (folder === undefined || !existsSync(join(folder, 'memory.limit_in_bytes'))) return undefined
  try {
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK)
    return folder
  } catch {
    return undefined
  }
}

const group = memoryGroup()

test.runIf(group !== undefined)('a process that the kernel kills at the memory limit of its group is named as such', async () => {
  const folder = join(group!, `spyglass-test-${process.pid}`)
  mkdirSync(folder)
  onTestFinished(() => rmdirSync(folder))
  writeFileSync(join(folder, 'memory.limit_in_bytes'), String(LIMIT))
  const fill = 'const kept = []; process.stdin.once("data", () => { for (;;) kept.push(Buffer.alloc(1_048_576, 1)) })'
  const child = spawn('sh', ['-c', 'echo $$ >"$1/cgroup.procs"; echo in; exec "$2" -e "$3"', '-', folder, process.execPath, fill])
  await once(child.stdout, 'data')
  const kills = new KernelKills()
  kills.started(1, child.pid!)
  kills.tick()
  child.stdin.write('go\n')
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
  expect(kills.reason(1)).toMatch(/^out of memory: killed by the kernel; its resident memory was \d+ MiB$/)
})
