import { readdirSync } from 'node:fs'
import { codeOf } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { processStat } from '../../../runtime/src/holder/process-stat.ts'
import { until } from '../../support/until.ts'
import { get, startKeeper } from './keeper.ts'

/** Children of this process that have not ended. */
function living(): ReadonlySet<number> {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return new Set(pids.filter((pid) => ((stat) => stat?.parent === process.pid && stat.state !== 'Z')(processStat(pid))))
}

test('a process that ends before it is ready is tried again, and its own reason is known', async () => {
  const { history } = await startKeeper({ mode: 'fails' })
  await until(() => history().restarts >= 2)
  expect(history().lastFailure).toContain('no luck')
})

test('a process that ends without a word is described by its exit code and the log', async () => {
  const { seen } = await startKeeper({ mode: 'ends' })
  await until(() => seen.downs.length > 0)
  expect(seen.downs[0]).toMatch(/exit code 3.*server\.log/)
})

test('a process that does not become ready in time is killed; each further attempt may take twice as long', async () => {
  const { seen, become, isServing } = await startKeeper({ mode: 'silent', policy: { startPatienceMs: 1000 }, tickMs: 100 })
  await until(() => seen.downs.length === 2)
  expect(seen.downs.map((text) => /within (\d+) s/.exec(text)?.[1])).toEqual(['1', '2'])
  become('ready')
  await until(() => isServing())
})

test('a process that cannot even be started is tried again', async () => {
  let isFull = true
  const { seen, isServing } = await startKeeper({
    mode: 'ready',
    prepare: () => {
      if (isFull) throw new TypeError('no space left on device')
    },
  })
  await until(() => seen.downs.length >= 2)
  expect(seen.downs[0]).toContain('no space left')
  isFull = false
  await until(() => isServing())
})

test('a generation killed with -9 is followed by another on the same socket; a connection made in between waits and is answered', async () => {
  const { seen, port, pid, isServing, history } = await startKeeper({ mode: 'listens' })
  const first = await until(() => pid())
  process.kill(first, 'SIGKILL')
  await until(() => !isServing())
  const { body } = await get(port)
  expect(Number(body)).not.toBe(first)
  expect(seen.downs).toEqual(['killed by SIGKILL'])
  expect(history().restarts).toBe(1)
})

test.for(['spins', 'sleeps', 'is stopped'])('a process that %s is killed as hung, and followed by another', async (mode) => {
  const { seen, become, pid, isServing, history } = await startKeeper({
    mode: mode === 'is stopped' ? 'ready' : mode,
    policy: { hangPatienceMs: 500 },
    tickMs: 100,
  })
  const first = await until(() => pid())
  become('speaks')
  if (mode === 'is stopped') process.kill(first, 'SIGSTOP')
  await until(() => history().restarts === 1 && isServing())
  const place = mode === 'spins' ? '; it was blocked in busy \\(.*child\\.ts:\\d+\\)' : ''
  const reason = `^hung: no heartbeat for \\d+ s \\([\\d.]+ s of CPU time, state [RST]\\), and was killed${place}$`
  expect(seen.downs).toEqual([expect.stringMatching(new RegExp(reason))])
  expect(seen.stacks[0]!.length > 0).toBe(mode === 'spins')
})

test('a process that runs out of memory is named as such, with the figures of its heap', async () => {
  const { seen, become } = await startKeeper({ mode: 'fills' })
  await until(() => seen.downs.length > 0)
  become('ready')
  expect(seen.downs[0]).toMatch(
    /^out of memory: the JavaScript heap was full with \d+ MiB in use, \d+ MiB of it in the old generation \(limit 32 MiB\)$/,
  )
})

test('a process that gives signs of life is not killed, however long it lives', async () => {
  const { seen, isServing } = await startKeeper({ mode: 'speaks', policy: { hangPatienceMs: 300 }, tickMs: 100 })
  await until(() => isServing())
  await new Promise((resolve) => setTimeout(resolve, 1500)) // the time that passes is what is tested
  expect(seen.downs).toEqual([])
})

test.for([true, false])(
  'a stop during a reload ends both generations, and the new one never takes over (overlapping: %s)',
  async (overlaps) => {
    const { decider, seen, become, pid, exitCode, history } = await startKeeper({ mode: 'ready', overlaps })
    await until(() => pid())
    become('late')
    const reload = decider.reload('part-1').then(
      () => 'done',
      (error: unknown) => codeOf(error),
    )
    await until(() => history().generations === 2)
    decider.stop()
    await until(() => exitCode() !== undefined)
    expect([await reload, seen.ready, history().reloads]).toEqual(['SPY_SERVER_REFUSED', ['part-1'], 0])
  },
)

test('a stop kills what does not end by itself, also one that a reload drains', async () => {
  const { decider, become, pid, exitCode } = await startKeeper({ mode: 'stubborn', policy: { drainMs: 60_000, stopMs: 100 } })
  const first = await until(() => pid())
  become('ready')
  const reload = decider.reload('').catch(codeOf)
  await until(() => pid() !== undefined && pid() !== first)
  decider.stop()
  await until(() => exitCode() === 0)
  expect(living().has(first)).toBe(false)
  expect(await reload).toBe('SPY_SERVER_REFUSED')
})

test('eight processes with slow requests stop in one drain time', async () => {
  const names = Array.from({ length: 8 }, (_, at) => `part-${at + 1}`)
  const { decider, exitCode, isServing, seen } = await startKeeper({ mode: 'stubborn', names, policy: { stopMs: 1000 } })
  await until(() => names.every((name) => isServing(name)))
  const begun = performance.now()
  decider.stop()
  await until(() => exitCode() === 0)
  expect(seen.gone).toHaveLength(8)
  expect(performance.now() - begun).toBeLessThan(4 * 1500) // one after the other it would be twelve seconds
})

test('a new generation that fails on a reload is told, and the old one keeps serving', async () => {
  const { decider, become, pid } = await startKeeper({ mode: 'listens' })
  const first = await until(() => pid())
  become('fails')
  await expect(decider.reload('part-1')).rejects.toMatchObject({ code: 'SPY_RELOAD_FAILED', message: expect.stringContaining('no luck') })
  expect(pid()).toBe(first)
  become('listens')
  expect(await decider.reload('part')).toBe('reloaded part-1')
  expect(pid()).not.toBe(first)
})

test('a process without overlap whose new generation fails on a reload is started again', async () => {
  const { decider, become, isServing } = await startKeeper({ mode: 'ready', overlaps: false })
  await until(() => isServing())
  become('fails')
  await expect(decider.reload('part-1')).rejects.toMatchObject({ code: 'SPY_RELOAD_FAILED' })
  become('ready')
  await until(() => isServing())
})

test('a reload that runs is not begun twice, and an unknown name is refused with what there is', async () => {
  const { decider, become, pid } = await startKeeper({ mode: 'listens', names: ['part-1', 'part-2'] })
  await until(() => pid('part-2') && pid())
  become('late')
  const first = decider.reload('')
  await expect(decider.reload('part-2')).rejects.toMatchObject({ code: 'SPY_PART_BUSY' })
  await expect(decider.reload('nobody')).rejects.toThrow('part-1, part-2')
  expect(await first).toBe('reloaded part-1, part-2')
})

test('reloads under load lose no request', async () => {
  const { decider, port, pid, history } = await startKeeper({ mode: 'listens' })
  await until(() => pid())
  const pids = new Set<string>()
  let isReloading = true
  const client = async (): Promise<void> => {
    while (isReloading) pids.add((await get(port)).body)
  }
  const clients = Array.from({ length: 8 }, client)
  for (let i = 0; i < 5; i++) await decider.reload('')
  isReloading = false
  await Promise.all(clients)
  expect(history().reloads).toBe(5)
  expect(pids.size).toBeGreaterThanOrEqual(5)
})

test('a listener that nobody serves answers 503 with Retry-After, until somebody does', async () => {
  const { become, port, pid } = await startKeeper({ mode: 'listens', policy: { backOffFirstMs: 3000, backOffMostMs: 3000 } })
  const first = await until(() => pid())
  become('fails')
  process.kill(first, 'SIGKILL')
  const answer = await until(async () => ((one) => one.status === 503 && one)(await get(port)))
  expect(answer).toMatchObject({ status: 503, retryAfter: '2', body: expect.stringContaining('SPY_NO_INSTANCE') })
  become('listens')
  await until(async () => (await get(port)).status === 200)
})

test('a new decider goes on where the last one stopped: nothing is started twice, numbers and reloads continue', async () => {
  const keeper = await startKeeper({ mode: 'listens', names: ['part-1', 'part-2'] })
  await until(() => keeper.pid('part-2') && keeper.pid())
  await keeper.decider.reload('part-1')
  const before = [keeper.pid(), keeper.pid('part-2')]
  await keeper.restartDecider()
  expect([keeper.pid(), keeper.pid('part-2')]).toEqual(before)
  expect(keeper.history()).toMatchObject({ generations: 2, reloads: 1, restarts: 0 })
  process.kill(keeper.pid()!, 'SIGKILL')
  await until(() => keeper.history().restarts === 1 && keeper.isServing())
  expect(await keeper.decider.reload('')).toBe('reloaded part-1, part-2')
})

test('what happened while there was no decider is noticed by the next one: an exit, and a start that became ready', async () => {
  const keeper = await startKeeper({ mode: 'listens', names: ['part-1', 'part-2'] })
  const [first, second] = await until(
    () => keeper.pid('part-2') !== undefined && keeper.pid() !== undefined && [keeper.pid()!, keeper.pid('part-2')!],
  )
  keeper.become('late')
  process.kill(second, 'SIGKILL')
  await until(() => keeper.history('part-2').generations === 2)
  await keeper.restartDecider(async () => {
    process.kill(first, 'SIGKILL')
    await until(() => !living().has(first))
  })
  await until(() => keeper.isServing() && keeper.isServing('part-2'))
  expect(keeper.history()).toMatchObject({ generations: 2, restarts: 1 })
  expect(keeper.history('part-2')).toMatchObject({ generations: 2, restarts: 1 })
})
