import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { processStat } from '../../../runtime/src/holder/process-stat.ts'
import { tempFolder } from '../../support/temp-folder.ts'
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

test('what a process printed last is the reason of its end', async () => {
  const { history } = await startKeeper({ mode: 'complains' })
  await until(() => history().failures > 0)
  expect(history().lastFailure).toBe('part-1 exited before it was ready (exit code 3: TypeError: no luck); see server.log')
})

test.runIf(process.platform === 'linux')('a process that somebody killed is described with its memory', async () => {
  const { history, pid, isServing, seen } = await startKeeper({ mode: 'listens', tickMs: 50 })
  await until(() => isServing())
  const ticks = seen.ticks // those before it started have not seen its memory
  await until(() => seen.ticks > ticks + 1)
  process.kill(pid()!, 'SIGKILL')
  await until(() => history().failures > 0)
  expect(history().lastFailure).toMatch(/^killed by SIGKILL(;|, possibly out of memory:) its resident memory was \d+ MiB$/)
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
  expect(seen.downs).toEqual([expect.stringMatching(/^killed by SIGKILL/)])
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
  const place = mode === 'spins' ? '; it was blocked in busy \\(.*child\\.ts:\\d+:\\d+\\)' : ''
  const reason = `^hung: no heartbeat for \\d+ s \\([\\d.]+ s of CPU time, state [RST]\\), and was killed${place}$`
  expect(seen.downs).toEqual([expect.stringMatching(new RegExp(reason))])
  expect(seen.stacks[0]!.length > 0).toBe(mode === 'spins')
})

test('a process without a channel gives no sign of life, and is none the worse for it, also under a new decider', async () => {
  const program = join(tempFolder(), 'silent.mjs')
  writeFileSync(program, 'setInterval(() => {}, 1000)')
  const keeper = await startKeeper({
    mode: '',
    program,
    policy: { hangPatienceMs: 100 },
    tickMs: 20,
  })
  const first = await until(() => keeper.pid())
  await until(() => keeper.seen.ticks > 30)
  await keeper.restartDecider()
  await until(() => keeper.seen.ticks > 60)
  expect([keeper.pid(), keeper.history().restarts, keeper.seen.downs]).toEqual([first, 0, []])
})

test('a process that runs out of memory is named as such, with the figures of its heap', async () => {
  const { seen, become } = await startKeeper({ mode: 'fills' })
  await until(() => seen.downs.length > 0)
  become('ready')
  expect(seen.downs[0]).toMatch(
    /^out of memory: the JavaScript heap was full with \d+ MiB in use, \d+ MiB of it in the old generation \(limit 32 MiB\)$/,
  )
})

test('an unhealthy process serves until its successor is ready; under load no request is lost, and the reason is kept', async () => {
  const { port, become, history, pid, isServing, seen } = await startKeeper({
    mode: 'unhealthy',
    policy: { backOffFirstMs: 60_000, backOffMostMs: 60_000 },
  })
  await until(() => isServing())
  const first = pid()
  let [isRunning, good] = [true, 0]
  const failures: unknown[] = []
  const clients = Array.from({ length: 4 }, async () => {
    while (isRunning)
      await get(port).then(
        ({ status }) => (status === 200 ? good++ : failures.push(status)),
        (error: unknown) => failures.push(error),
      )
  })
  become('listens')
  await until(() => pid() !== first && pid() !== 0)
  await until(() => seen.gone.length > 0)
  isRunning = false
  await Promise.all(clients)
  expect(failures).toEqual([])
  expect(good).toBeGreaterThan(0)
  expect(seen.problems).toContain('GET /alive was answered 500')
  expect(seen.downs).toEqual([])
  expect(history()).toMatchObject({ restarts: 0, reloads: 0, lastFailure: 'unhealthy: GET /alive was answered 500' })
  expect(history().replacements).toBeGreaterThan(0)
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

test('a reload asked for during another one follows it, and an unknown name is refused with what there is', async () => {
  const { decider, become, pid, history } = await startKeeper({ mode: 'listens', names: ['part-1', 'part-2'] })
  await until(() => pid('part-2') && pid())
  become('late')
  const first = decider.reload('')
  const followers = [decider.reload('part-2'), decider.reload('part-2'), decider.reload('part')]
  become('listens')
  await expect(decider.reload('nobody')).rejects.toThrow('part-1, part-2')
  expect(await first).toBe('reloaded part-1, part-2')
  expect(await Promise.all(followers)).toEqual(['reloaded part-2', 'reloaded part-2', 'reloaded part-1, part-2'])
  expect(history('part-2').reloads).toBe(3)
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
