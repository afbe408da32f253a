import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SharedStore } from '../../../runtime/src/cache/shared-store.ts'
import { heldLoad, openCache, settled } from './fixture.ts'

const key = fc.constantFrom('a', 'b')
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('load' as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('land' as const), at: fc.nat(9) }) },
  fc.record({ do: fc.constant('fail' as const), at: fc.nat(9) }),
  fc.record({ do: fc.constant('purge' as const), key }),
  fc.record({ do: fc.constant('purgeTag' as const), key }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 700 }) }),
)

/** The source has one version, which each purge raises; a load gives the version that it began with. */
test('whatever happens in which order, nobody who asks after a purge gets what was before it, and no key has two loads that both count', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, isDynamic) => {
      using opened = openCache({ ttlMs: 500, staleMs: 200, staleIfErrorMs: 400 })
      const { cache, clock } = opened
      const versions: Record<string, number> = { a: 0, b: 0 }
      const open: { key: string; version: number; one: PromiseWithResolvers<number>; tooOld: boolean }[] = []
      const failures: string[] = []
      const waiting: Promise<unknown>[] = []
      for (const one of steps) {
        if (one.do === 'load') {
          const asked = versions[one.key]!
          const { load, begun } = heldLoad<number>()
          const tags = isDynamic ? () => [`tag:${one.key}`] : [`tag:${one.key}`]
          const given = cache.load(one.key, load, { tags, timeoutMs: 60_000 })
          await settled()
          if (begun[0]) {
            if (open.some((other) => other.key === one.key && !other.tooOld)) failures.push(`two loads of ${one.key}`)
            open.push({ key: one.key, version: asked, one: begun[0], tooOld: false })
          }
          waiting.push(
            given.then(
              (version) => {
                if (version < asked) failures.push(`asked for ${asked}, got ${String(version)}`)
              },
              () => {},
            ),
          )
        } else if (one.do === 'land' || one.do === 'fail') {
          const [landing] = open.splice(one.at % Math.max(1, open.length), 1)
          if (one.do === 'land') landing?.one.resolve(landing.version)
          else landing?.one.reject(new Error('down'))
        } else if (one.do === 'advance') clock.advance(one.ms)
        else {
          versions[one.key]!++
          for (const other of open) if (other.key === one.key || isDynamic) other.tooOld = true
          if (one.do === 'purge') await cache.purge(one.key)
          else await cache.purgeTag(`tag:${one.key}`)
        }
        await settled()
      }
      for (const { one, version } of open) one.resolve(version)
      await Promise.all(waiting)
      expect(failures).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('a value that is purged while the Redis takes it is not kept in memory', async () => {
  const puts: PromiseWithResolvers<void>[] = []
  const shared: SharedStore = {
    read: () => Promise.resolve({ at: '1' }),
    write: () => Promise.resolve(),
    put() {
      const one = Promise.withResolvers<void>()
      puts.push(one)
      return one.promise
    },
    purge: () => Promise.resolve(),
    claim: () => Promise.resolve({ at: '1', isMine: true }),
    release: () => Promise.resolve(),
    close: () => {},
  }
  using opened = openCache({}, { shared })
  const { cache, engine } = opened
  const purges: readonly (() => unknown)[] = [
    () => cache.purge('k'),
    () => cache.purgeTag('t'),
    () => engine.forget({ keys: ['k'] }), // another instance
    () => engine.forgetUnheard(),
  ]
  for (const purge of purges) {
    const setting = cache.set('k', 'old', { tags: ['t'] })
    await Promise.resolve(purge())
    puts.pop()!.resolve()
    await setting
    expect(await cache.get('k')).toBeUndefined()
  }
  const setting = [cache.set('k', 'one'), cache.set('k', 'two')]
  for (const put of puts) put.resolve()
  await Promise.all(setting)
  expect(['two', undefined]).toContain(await cache.get('k'))
})

test('what nothing was stored for is no failure', async () => {
  const { NothingToStore } = await import('../../../runtime/src/cache/engine.ts')
  using opened = openCache()
  const load = (): never => {
    throw new NothingToStore()
  }
  await expect(opened.engine.load('k', load, {})).rejects.toBeInstanceOf(NothingToStore)
  expect(opened.engine.figures.loadFailures).toBe(0)
})
