/** The real threads of piscina. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import type { WorkerPoolConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { workerPool } from '../../../runtime/src/application/index.ts'
import { installResources, openResources } from '../../../runtime/src/resource/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

/** `hold`: runs until the shared number is not 0. */
const WORKER = `
export default ({ a, b }) => a + b
export const thread = () => import('node:worker_threads').then(({ threadId }) => threadId)
export const hold = (shared) => { const cells = new Int32Array(shared); Atomics.add(cells, 1, 1); while (Atomics.load(cells, 0) === 0) Atomics.wait(cells, 0, 0, 20); return 'held' }
export const loop = () => { for (;;) {} }
export const exit = () => process.exit(3)
export const fail = () => { throw new RangeError('no') }
export const circle = () => () => {}
export const size = ({ byteLength }) => byteLength
export const eat = () => { const all = []; for (;;) all.push(new Array(1000).fill(Math.random())) }
`

async function openImages(given: Partial<WorkerPoolConfig> = {}) {
  const folder = tempFolder()
  writeFileSync(join(folder, 'worker.mjs'), WORKER)
  const registry = createRegistry({ kindNamed })
  const entry: WorkerPoolConfig = { name: 'images', file: 'worker.mjs', min: 1, max: 2, maxWaiting: 5, timeoutMs: 0, ...given }
  const resources = await openResources({
    instance: 'shop-1',
    registry,
    logger: pino({ level: 'silent' }),
    folder: '/',
    applicationFolders: [tempFolder(), folder],
    resources: { workerPools: [entry] },
  })
  return {
    images: resources.get('workerPools', 'images'),
    resources,
    read: (attribute: string) => registry.find('spyglass:type=WorkerPool,instance=shop-1,name=images')?.read(attribute),
    configure: (changes: Partial<WorkerPoolConfig>) => resources.configure('workerPools', [{ ...entry, ...changes }]),
    [Symbol.asyncDispose]: () => resources.close(0),
  }
}

/** Something that tasks wait for. */
function gate() {
  const shared = new SharedArrayBuffer(8)
  const cells = new Int32Array(shared)
  return {
    shared,
    held: () => Atomics.load(cells, 1),
    open: () => {
      Atomics.store(cells, 0, 1)
      Atomics.notify(cells, 0)
    },
  }
}

test('a task runs in another thread, by any export of the file; before the first there is no thread', async () => {
  await using pool = await openImages()
  expect(pool.read('threads')).toBe(0)
  expect(await pool.images.run({ a: 1, b: 2 })).toBe(3)
  expect(await pool.images.run(undefined, { name: 'thread' })).toBeGreaterThan(0)
  const bytes = new ArrayBuffer(1000)
  expect([await pool.images.run(bytes, { name: 'size', transfer: [bytes] }), bytes.byteLength]).toEqual([1000, 0])
  await expect(pool.images.run(undefined, { name: 'fail' })).rejects.toThrow('no')
  expect([pool.read('done'), pool.read('failed'), pool.read('running')]).toEqual([3, 1, 0])
})

test('a worker that exits, runs out of memory or loops fails its own task alone', async () => {
  await using pool = await openImages({ maxHeapBytes: 33_554_432, min: 2 })
  const { shared, held, open } = gate()
  const beside = pool.images.run(shared, { name: 'hold' })
  await until(() => held() === 1)
  for (const name of ['exit', 'eat'])
    await expect(pool.images.run(undefined, { name })).rejects.toMatchObject({ code: 'SPY_WORKER_POOL_CRASHED' })
  await expect(pool.images.run(undefined, { name: 'loop', timeoutMs: 100 })).rejects.toMatchObject({
    code: 'SPY_WORKER_POOL_LATE',
    statusCode: 503,
  })
  open()
  expect([await beside, await pool.images.run({ a: 2, b: 2 })]).toEqual(['held', 4])
  expect([pool.read('crashed'), pool.read('late'), pool.read('failed')]).toEqual([2, 1, 3])
})

test('a task can be given up while it waits and while it runs', async () => {
  await using pool = await openImages({ max: 1 })
  const { shared, held, open } = gate()
  const running = new AbortController()
  const first = pool.images.run(shared, { name: 'hold', signal: running.signal })
  await until(() => held() === 1)
  const waiting = new AbortController()
  const second = pool.images.run({ a: 1, b: 1 }, { signal: waiting.signal })
  waiting.abort(new Error('not any more'))
  await expect(second).rejects.toThrow('not any more')
  running.abort(new Error('nor this'))
  await expect(first).rejects.toThrow('nor this')
  await expect(pool.images.run({}, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  expect([await pool.images.run({ a: 1, b: 1 }), pool.read('cancelled'), pool.read('waiting')]).toEqual([2, 2, 0])
  open()
})

test('what is too much is refused, at once', async () => {
  await using pool = await openImages({ max: 1, maxWaiting: 1 })
  const { shared, open } = gate()
  const [first, second] = [pool.images.run(shared, { name: 'hold' }), pool.images.run(shared, { name: 'hold' })]
  await expect(pool.images.run({})).rejects.toMatchObject({
    code: 'SPY_WORKER_POOL_FULL',
    statusCode: 503,
    headers: { 'retry-after': '2' },
  })
  expect([pool.read('waiting'), pool.read('refused')]).toEqual([1, 1])
  open()
  expect(await Promise.all([first, second])).toEqual(['held', 'held'])
})

test('its size follows its settings while it runs: those who wait begin', async () => {
  await using pool = await openImages({ max: 1 })
  const { shared, held, open } = gate()
  const tasks = [1, 2, 3].map(() => pool.images.run(shared, { name: 'hold' }))
  await until(() => held() === 1)
  pool.configure({ min: 2, max: 2 })
  await until(() => held() === 2)
  expect([pool.read('size'), pool.read('running'), pool.read('waiting')]).toEqual([2, 2, 1])
  open()
  await Promise.all(tasks)
})

test('data that no thread can be given, and a file that is not there, have codes', async () => {
  await using pool = await openImages()
  await expect(pool.images.run(() => {})).rejects.toMatchObject({ code: 'SPY_WORKER_POOL_DATA' })
  await expect(pool.images.run(undefined, { name: 'circle' })).rejects.toBeInstanceOf(Error)
  await using none = await openImages({ file: 'none.mjs' })
  await expect(none.images.run({})).rejects.toMatchObject({ code: 'SPY_WORKER_POOL_FILE' })
})

test('an instance that stops waits for tasks in its time, and refuses further ones', async () => {
  const pool = await openImages({ max: 1 })
  const uninstall = installResources(pool.resources)
  expect(workerPool('images')).toBe(pool.images)
  expect(() => workerPool('other')).toThrow(expect.objectContaining({ code: 'SPY_WORKER_POOL_UNKNOWN' }))
  uninstall()
  expect(() => workerPool('images')).toThrow(expect.objectContaining({ code: 'SPY_WORKER_POOLS_CLOSED' }))
  const { shared, held, open } = gate()
  const first = pool.images.run(shared, { name: 'hold' })
  await until(() => held() === 1)
  const closing = pool.resources.close(60_000)
  await expect(pool.images.run({})).rejects.toMatchObject({ code: 'SPY_WORKER_POOL_STOPPED' })
  open()
  expect(await first).toBe('held')
  await closing
  const late = await openImages()
  const ended = late.images.run(undefined, { name: 'loop' }).catch((error: unknown) => error)
  await until(() => late.read('threads') === 1)
  await late.resources.close(50)
  expect(await ended).toBeInstanceOf(Error)
})
