import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Administration, AdministrationRequest } from '../../../runtime/src/administration/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { administrator, type World, worldOf } from './support.ts'

const file = { datasources: [{ name: 'a', file: 'a.db' }], applications: [{ name: 'shop', folder: '.' }] }

const request: fc.Arbitrary<AdministrationRequest> = fc.oneof(
  fc.record({ verb: fc.constant('set' as const), values: fc.record({ 'datasources.a.max': fc.integer({ min: 0, max: 9 }) }) }),
  fc.record({
    verb: fc.constant('set' as const),
    values: fc.record({ 'applications.shop.environment.K': fc.constantFrom('canary-1', 'canary-2') }),
  }),
  fc.record({
    verb: fc.constant('create' as const),
    name: fc.constantFrom('datasources.b', 'datasources.c'),
    values: fc.constant({ file: 'x.db' }),
  }),
  fc.record({ verb: fc.constant('delete' as const), name: fc.constantFrom('datasources.b', 'datasources.c', 'datasources.a.max') }),
  fc.record({ verb: fc.constant('undo' as const) }),
  fc.record({ verb: fc.constant('undo' as const), change: fc.nat(8) }),
)

/** How a crash leaves the folder: `journal` and `state` are shares of what the act wrote that reached the disk. */
interface Crash {
  readonly request: AdministrationRequest
  readonly reached: 'nothing' | 'temporary file' | 'state' | 'half a line'
  readonly share: number
}

const crash: fc.Arbitrary<Crash> = fc.record({
  request,
  reached: fc.constantFrom('nothing', 'temporary file', 'state', 'half a line'),
  share: fc.double({ min: 0, max: 0.999, noNaN: true }),
})

const settingsOf = (administration: Administration): string => JSON.stringify(administration.config)

async function ask(administration: Administration, asked: AdministrationRequest): Promise<boolean> {
  return administration.answer(asked, administrator).then(
    () => true,
    (error: { code?: string }) => {
      expect(error.code).toMatch(/^SPY_(ADMIN|CONFIG)_/)
      return false
    },
  )
}

/** Makes an act of which only a part reaches the disk; gives the settings before and after it. */
async function dieDuring(
  server: World,
  administration: Administration,
  { request: asked, reached, share }: Crash,
): Promise<readonly string[]> {
  const before = settingsOf(administration)
  const saved = join(server.folder, '../saved')
  const [state, history] = [join(server.folder, 'changes.json'), join(server.folder, 'history.jsonl')]
  cpSync(server.folder, saved, { recursive: true })
  const length = statSync(history).size
  await ask(administration, asked)
  const after = settingsOf(administration)
  const [written, lines] = [existsSync(state) ? readFileSync(state) : Buffer.alloc(0), readFileSync(history)]
  administration.stop()
  if (reached === 'nothing' || reached === 'temporary file') {
    rmSync(server.folder, { recursive: true })
    cpSync(saved, server.folder, { recursive: true })
    if (reached === 'temporary file') writeFileSync(`${state}.4711`, written.subarray(0, Math.floor(written.length * share)))
  } else {
    const torn = reached === 'state' ? 0 : Math.floor((lines.length - length) * share)
    writeFileSync(history, lines.subarray(0, length + torn))
  }
  rmSync(saved, { recursive: true })
  return [before, after]
}

test('after any acts and crashes between any two of their writes, the settings are those of the last acknowledged act or of the one in progress', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 2, arbitrary: request }, { weight: 1, arbitrary: crash }), { maxLength: 10 }),
      async (steps) => {
        const server = worldOf(tempFolder(), file)
        let administration = server.start()
        let acknowledged = 0
        for (const step of steps) {
          if ('verb' in step) {
            if (await ask(administration, step)) acknowledged++
            continue
          }
          const possible = await dieDuring(server, administration, step)
          administration = server.start()
          expect(possible).toContain(settingsOf(administration))
          acknowledged = 0
        }
        const last = settingsOf(administration)
        administration.stop()
        const again = server.start()
        expect(settingsOf(again)).toBe(last)
        const ids = (await again.answer({ verb: 'history' }, administrator)).map(({ change }) => change)
        expect(new Set(ids).size).toBe(ids.length)
        expect(acknowledged).toBeLessThanOrEqual(steps.length)
        expect(readFileSync(join(server.folder, 'history.jsonl'), 'utf8')).not.toContain('canary')
        again.stop()
      },
    ),
    { numRuns: 40 },
  )
})

test('a state file torn at any byte gives the settings of its previous copy, and the server starts', async () => {
  const server = worldOf(tempFolder(), file)
  const administration = server.start()
  for (const max of [2, 3]) await ask(administration, { verb: 'set', values: { 'datasources.a.max': max } })
  administration.stop()
  const [state, previous] = [join(server.folder, 'changes.json'), join(server.folder, 'changes.json.previous')]
  const [whole, before] = [readFileSync(state), readFileSync(previous)]
  for (let length = 0; length < whole.length - 1; length += 11) {
    writeFileSync(state, whole.subarray(0, length))
    writeFileSync(previous, before)
    const again = server.start()
    expect(again.config.datasources[0]?.max).toBe(2)
    expect((await again.answer({ verb: 'history' }, administrator)).map(({ change }) => change)).toEqual([1, 2])
    again.stop()
  }
})
