import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KernelKills } from '../../../runtime/src/decider/kernel-kill.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function machine(cgroup: string, file: string) {
  const root = tempFolder()
  const path = join(root, file)
  mkdirSync(join(path, '..'), { recursive: true })
  const counted = (kills: number): void => writeFileSync(path, `low 0\nhigh 0\nmax 12\noom ${kills}\noom_kill ${kills}\noom_group_kill 0\n`)
  counted(3)
  const kernelLog = join(root, 'kmsg')
  const kills = new KernelKills({
    cgroups: root,
    kernelLog,
    cgroupOf: () => cgroup,
    resident: (pid) => (pid === 0 ? undefined : pid * 1_048_576),
  })
  return { kills, counted, kernelLog }
}

test.for([
  ['v2', '0::/system.slice/spyglass.service\n', 'system.slice/spyglass.service/memory.events'],
  ['v2 in a container', '0::/\n', 'memory.events'],
  ['v2 in a container that sees the path of the host', '0::/docker/a\n', 'memory.events'],
  ['v1', '12:cpu,cpuacct:/a\n9:memory:/docker/a\n0::/b\n', 'memory/docker/a/memory.oom_control'],
])('the counter of the control group (%s) tells a kill for want of memory from others, one kill for each count', ([, cgroup, file]) => {
  const { kills, counted } = machine(cgroup!, file!)
  for (const id of [1, 2, 3]) kills.started(id, 100 + id)
  kills.tick()
  expect(kills.reason(1)).toBe('killed by SIGKILL; its resident memory was 101 MiB')
  counted(5)
  expect(kills.reason(1)).toBe('out of memory: killed by the kernel; its resident memory was 101 MiB')
  expect(kills.reason(2)).toBe('out of memory: killed by the kernel; its resident memory was 102 MiB')
  expect(kills.reason(3)).toBe('killed by SIGKILL; its resident memory was 103 MiB')
  counted(6)
  kills.tick() // somebody else of the group was killed before
  expect(kills.reason(3)).toBe('killed by SIGKILL; its resident memory was 103 MiB')
})

test('where the counter is not there, the log of the kernel says so, if it may be read', () => {
  const { kills, kernelLog } = machine('', 'none')
  kills.started(1, 4711)
  expect(kills.reason(1)).toBe('killed by SIGKILL')
  kills.tick()
  writeFileSync(kernelLog, '3,1,1,-;Out of memory: Killed process 47110 (node) total-vm:1kB\n')
  expect(kills.reason(1)).toContain('possibly')
  writeFileSync(kernelLog, '3,1,1,-;Memory cgroup out of memory: Killed process 4711 (node) total-vm:1kB\n')
  expect(kills.reason(1)).toBe('out of memory: killed by the kernel; its resident memory was 4711 MiB')
  kills.ended(1)
  expect(kills.reason(1)).toBe('killed by SIGKILL')
})
