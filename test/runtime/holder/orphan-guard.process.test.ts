import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { processesWith, processStat } from '../../../runtime/src/holder/process-stat.ts'
import { until } from '../../support/until.ts'

const script = fileURLToPath(new URL('../../fixtures/keeper/guarded.ts', import.meta.url))

const isAlive = (pid: number): boolean => !['', 'Z'].includes(processStat(pid)?.state ?? '')

interface Guarded {
  readonly guard: number
  readonly children: readonly number[]
}

/** A parent with a guard and children that do not end by themselves: one sleeps, one spins, one is stopped. */
async function guarded(): Promise<{ parent: ReturnType<typeof fork>; pids: Guarded }> {
  const parent = fork(script, { execArgv: ['--conditions=spyglass-source'] })
  const [pids] = (await once(parent, 'message')) as [Guarded]
  onTestFinished(() => [...pids.children, pids.guard, parent.pid!].filter(isAlive).forEach((pid) => process.kill(pid, 'SIGKILL')))
  return { parent, pids }
}

test.runIf(process.platform === 'linux')(
  'kill -9 of the parent: what sleeps, spins or is stopped is gone within five seconds, and so is the guard',
  async () => {
    const { parent, pids } = await guarded()
    expect(pids.children.map(isAlive)).toEqual([true, true, true])
    expect(processStat(pids.children[2]!)?.state).toBe('T')
    const mark = `SPYGLASS_TEST_KEEPER=${parent.pid}`
    await until(() => processesWith(mark).length === 4) // one has started a process of its own
    parent.kill('SIGKILL')
    const killedAt = performance.now()
    await until(() => !pids.children.some(isAlive) && processesWith(mark).length === 0)
    expect(performance.now() - killedAt).toBeGreaterThan(2500) // those who can end their work have the time to
    await until(() => !isAlive(pids.guard))
  },
)

test.runIf(process.platform === 'linux')('a guard that was killed is replaced, and knows the children', async () => {
  const { parent, pids } = await guarded()
  process.kill(pids.guard, 'SIGKILL')
  const [guard] = (await once(parent, 'message')) as [number]
  onTestFinished(() => void (isAlive(guard) && process.kill(guard, 'SIGKILL')))
  expect(guard).not.toBe(pids.guard)
  parent.kill('SIGKILL')
  await until(() => !pids.children.some(isAlive))
})

test.runIf(process.platform === 'linux')(
  'the guard ignores what the terminal and a service manager send, and goes with an orderly end',
  async () => {
    const { parent, pids } = await guarded()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pids.guard, signal)
    parent.send('end')
    await once(parent, 'exit')
    await until(() => !isAlive(pids.guard))
  },
)

test.runIf(process.platform === 'linux')('processes are found by what was in their environment', async () => {
  const mark = `SPYGLASS_TEST_MARK=${process.pid}`
  const child = fork(script, {
    execArgv: ['--conditions=spyglass-source'],
    env: { ...process.env, SPYGLASS_TEST_MARK: String(process.pid) },
  })
  await once(child, 'message')
  expect(processesWith(mark)).toContain(child.pid)
  child.send('end')
  await once(child, 'exit')
  await until(() => processesWith(mark).length === 0)
})
