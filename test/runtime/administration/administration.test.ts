import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Administration, AdministrationRequest, Answers } from '../../../runtime/src/administration/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { administrator, type World, worldOf } from './support.ts'

const file = {
  listeners: [{ name: 'http' }, { name: 'admin', port: 9090, instances: 2 }, { name: 'spare', port: 9091 }],
  applications: [
    { name: 'shop', folder: '.', contextPath: '/shop', environment: { TOKEN: 'canary-file' } },
    { name: 'office', folder: '.', listener: 'admin' },
  ],
  datasources: [{ name: 'shop', file: 'shop.db', max: 8 }],
  snmp: { trapTargets: [{ host: '10.0.0.1', community: 'canary-target' }] },
}

const world = (): World => worldOf(tempFolder(), file)

const ask = <R extends AdministrationRequest>(administration: Administration, request: R): Promise<Answers[R['verb']]> =>
  administration.answer(request, administrator)

const valueOf = async (administration: Administration, name: string): Promise<unknown> =>
  (await ask(administration, { verb: 'get', names: [name] }))[0]?.value

test('a setting is set, says what it was and what it needs, and survives a restart', async () => {
  const server = world()
  const administration = server.start()
  expect(await ask(administration, { verb: 'set', values: { 'datasources.shop.max': '20' }, options: { reason: 'sale' } })).toEqual({
    change: 1,
    changed: [{ name: 'datasources.shop.max', before: 8, after: 20, applies: expect.any(String) as string }],
    needs: expect.any(Object) as object,
  })
  expect(administration.config.datasources[0]?.max).toBe(20)
  administration.stop()
  expect(server.start().config.datasources[0]?.max).toBe(20)
})

test('values come from a change before the file, and from the file before the default', async () => {
  const administration = world().start()
  await ask(administration, { verb: 'set', values: { 'datasources.shop.min': 2 } })
  const found = await ask(administration, { verb: 'get', names: ['datasources.shop.m*'] })
  expect(found.map(({ name, value, source }) => [name, value, source])).toEqual([
    ['datasources.shop.maxLagMs', 30_000, 'default'],
    ['datasources.shop.min', 2, 'change'],
    ['datasources.shop.max', 8, 'file'],
    ['datasources.shop.maxWaiting', 1000, 'default'],
    ['datasources.shop.maxLifetimeMs', undefined, 'default'],
  ])
})

test('a change is checked like the file, with the same texts, and makes nothing when it is refused', async () => {
  const administration = world().start()
  const refused = ask(administration, { verb: 'set', values: { 'datasources.shop.max': 0, 'datasources.shop.min': 1 } })
  await expect(refused).rejects.toMatchObject({ code: 'SPY_CONFIG_INVALID' })
  await expect(refused).rejects.toThrow(/^configuration with this change has 1 error\(s\):\n {2}datasources\.shop\.max: 0: Too small/)
  await expect(ask(administration, { verb: 'set', values: { 'datasources.shop.min': 9 } })).rejects.toThrow(
    'must not exceed max, which is 8',
  )
  await expect(ask(administration, { verb: 'set', values: { 'datasources.shop.max': 'many' } })).rejects.toThrow('"many"')
  expect(await valueOf(administration, 'datasources.shop.max')).toBe(8)
  expect(await ask(administration, { verb: 'history' })).toEqual([])
})

test('several settings change together or not at all', async () => {
  const administration = world().start()
  await ask(administration, { verb: 'set', values: { 'datasources.shop.min': 10, 'datasources.shop.max': 20 } })
  expect(administration.config.datasources[0]).toMatchObject({ min: 10, max: 20 })
})

test('a dry run says what a change would do, and does not do it', async () => {
  const administration = world().start()
  const dry = await ask(administration, { verb: 'set', values: { 'listeners.*.instances': 3 }, options: { dryRun: true } })
  expect(dry.change).toBeUndefined()
  expect(dry.changed.map(({ name, before, after }) => [name, before, after])).toEqual([
    ['listeners.http.instances', 1, 3],
    ['listeners.admin.instances', 2, 3],
    ['listeners.spare.instances', 1, 3],
  ])
  expect(administration.config.listeners[0]?.instances).toBe(1)
})

test('an entry is created, changed and deleted', async () => {
  const server = world()
  const administration = server.start()
  await ask(administration, { verb: 'create', name: 'applications.blog', values: { folder: '/', contextPath: '/blog', listener: 'spare' } })
  expect(administration.config.applications[2]).toMatchObject({ name: 'blog', folder: '/', listener: 'spare' })
  const created = { name: 'blog', folder: '/', contextPath: '/blog', listener: 'spare' }
  expect((await ask(administration, { verb: 'history' })).at(-1)?.changed).toEqual([
    { name: 'applications.blog', before: undefined, after: created, applies: expect.any(String) as string }, // and no default
  ])
  await ask(administration, { verb: 'set', values: { 'applications.blog.environment.MODE': 'fast' } })
  await ask(administration, { verb: 'delete', name: 'applications.office' })
  administration.stop()
  const names = server.start().config.applications.map(({ name, environment }) => [name, environment])
  expect(names).toEqual([
    ['shop', { TOKEN: 'canary-file' }],
    ['blog', { MODE: 'fast' }],
  ])
})

test.for<[AdministrationRequest, string]>([
  [{ verb: 'get', names: ['nothing.here'] }, 'SPY_ADMIN_NAME_UNKNOWN'],
  [{ verb: 'set', values: { nonsense: 1 } }, 'SPY_ADMIN_NAME_UNKNOWN'],
  [{ verb: 'set', values: { 'datasources.absent.max': 1 } }, 'SPY_ADMIN_NAME_UNKNOWN'],
  [{ verb: 'set', values: { 'datasources.shop': 1 } }, 'SPY_ADMIN_NOT_A_SETTING'],
  [{ verb: 'set', values: { datasources: 1 } }, 'SPY_ADMIN_NOT_A_SETTING'],
  [{ verb: 'set', values: { 'datasources..max': 1 } }, 'SPY_ADMIN_NAME_INVALID'],
  [{ verb: 'set', values: { 'datasources.shop.max\\': 1 } }, 'SPY_ADMIN_NAME_INVALID'],
  [{ verb: 'set', values: { 'datasources.shop.name': 'other' } }, 'SPY_ADMIN_FIXED'],
  [{ verb: 'set', values: { data: '/elsewhere' } }, 'SPY_ADMIN_FIXED'],
  [{ verb: 'set', values: { 'logs.level': 'debug' }, options: { until: 1 } }, 'SPY_ADMIN_UNTIL'],
  [{ verb: 'create', name: 'applications.shop', values: { folder: '.' } }, 'SPY_ADMIN_NAME_EXISTS'],
  [{ verb: 'create', name: 'applications.new', values: {} }, 'SPY_CONFIG_INVALID'],
  [{ verb: 'create', name: 'applications.new', values: { folder: '.', listener: 'nowhere' } }, 'SPY_CONFIG_INVALID'],
  [{ verb: 'create', name: 'logs', values: {} }, 'SPY_ADMIN_NOT_A_SETTING'],
  [{ verb: 'delete', name: 'applications.absent' }, 'SPY_ADMIN_NAME_UNKNOWN'],
  [{ verb: 'delete', name: 'listeners.admin' }, 'SPY_CONFIG_INVALID'],
  [{ verb: 'delete', name: 'logs' }, 'SPY_ADMIN_NOT_A_SETTING'],
  [{ verb: 'undo' }, 'SPY_ADMIN_CHANGE_UNKNOWN'],
  [{ verb: 'undo', change: 7 }, 'SPY_ADMIN_CHANGE_UNKNOWN'],
  [{ verb: 'invoke', name: 'instance.http-1.explode' }, 'SPY_ADMIN_NO_OPERATION'],
  [{ verb: 'invoke', name: 'nothing.reload' }, 'SPY_ADMIN_NAME_UNKNOWN'],
])('%j is refused with %s', async ([request, code]) => {
  await expect(ask(world().start(), request)).rejects.toMatchObject({ code })
})

test('a role below the one that a request needs is refused', async () => {
  const administration = world().start()
  await expect(
    administration.answer({ verb: 'set', values: { 'logs.level': 'debug' } }, { actor: 'otto', role: 'operator' }),
  ).rejects.toMatchObject({
    code: 'SPY_ADMIN_FORBIDDEN',
  })
  await expect(
    administration.answer({ verb: 'invoke', name: 'instance.http-1.reload' }, { actor: 'vera', role: 'viewer' }),
  ).rejects.toMatchObject({
    code: 'SPY_ADMIN_FORBIDDEN',
  })
  expect(await administration.answer({ verb: 'get', names: ['logs.level'] }, { actor: 'vera', role: 'viewer' })).toHaveLength(1)
})

test('what a change needs: instances of the application, processes, or nothing', async () => {
  const nothing = { live: [], reload: [], start: [], stop: [], restart: [] }
  const administration = world().start()
  const needs = async (name: string, value: unknown): Promise<unknown> =>
    (await ask(administration, { verb: 'set', values: { [name]: value }, options: { dryRun: true } })).needs
  expect(await needs('applications.office.startTimeoutMs', 5)).toEqual({ ...nothing, reload: ['office-1', 'office-2'] })
  expect(await needs('applications.office.replicas', 3)).toEqual({ ...nothing, start: ['office-3'] })
  expect(await needs('applications.office.replicas', 1)).toEqual({ ...nothing, stop: ['office-2'] })
  expect(await needs('applications.office.enabled', false)).toEqual({ ...nothing, stop: ['office-1', 'office-2'] })
  expect(await needs('store.readers', 5)).toEqual({ ...nothing, restart: ['store'] })
  expect(await needs('datasources.shop.max', 9)).toEqual({ ...nothing, live: ['datasources.shop.max'] })
  expect(await needs('server.name', 'other')).toEqual({ ...nothing, restart: ['server'] })
})

test('a new value of a resource reloads the instances of applications that name it, and no others', async () => {
  const [shop, office] = file.applications
  const administration = worldOf(tempFolder(), { ...file, applications: [shop, { ...office, datasources: ['shop'] }] }).start()
  const values = { 'datasources.shop.file': 'new.db' }
  const { needs } = await ask(administration, { verb: 'set', values, options: { dryRun: true } })
  expect(needs.reload).toEqual(['office-1', 'office-2'])
})

test('an undo takes the last change back, an undo of it makes it again, and an earlier one can be named', async () => {
  const server = world()
  const administration = server.start()
  await ask(administration, { verb: 'set', values: { 'datasources.shop.max': 20 } })
  await ask(administration, { verb: 'set', values: { 'logs.level': 'debug' } })
  expect(await ask(administration, { verb: 'undo', change: 1, options: { dryRun: true } })).toMatchObject({
    takesBack: { change: 1, verb: 'set', names: [expect.any(String)] },
  })
  await ask(administration, { verb: 'undo', change: 1 })
  expect([await valueOf(administration, 'datasources.shop.max'), await valueOf(administration, 'logs.level')]).toEqual([8, 'debug'])
  await ask(administration, { verb: 'undo' })
  expect(await valueOf(administration, 'logs.level')).toBe('info')
  await ask(administration, { verb: 'undo', change: 3 })
  expect(await valueOf(administration, 'datasources.shop.max')).toBe(20)
  await expect(ask(administration, { verb: 'undo', change: 3 })).rejects.toMatchObject({ code: 'SPY_ADMIN_CHANGE_UNKNOWN' })
  administration.stop()
  expect(server.start().config.datasources[0]?.max).toBe(20)
  expect((await ask(server.start(), { verb: 'history' })).map(({ change, verb, undoes }) => [change, verb, undoes])).toEqual([
    [1, 'set', undefined],
    [2, 'set', undefined],
    [3, 'undo', 1],
    [4, 'undo', 2],
    [5, 'undo', 3],
  ])
})

test('a deleted setting goes back to what the file says', async () => {
  const administration = world().start()
  await ask(administration, { verb: 'set', values: { 'datasources.shop.max': 20 } })
  await ask(administration, { verb: 'delete', name: 'datasources.shop.max' })
  const [found] = await ask(administration, { verb: 'get', names: ['datasources.shop.max'] })
  expect(found).toMatchObject({ value: 8, source: 'file' })
})

test('a temporary change ends by itself, and a lasting one made meanwhile stays', async () => {
  vi.useFakeTimers({ now: 1_700_000_000_000 })
  const server = world()
  const administration = server.start({ now: Date.now })
  const until = Date.now() + 1_800_000
  await ask(administration, { verb: 'set', values: { 'datasources.shop.max': 20, 'logs.level': 'debug' }, options: { until } })
  await ask(administration, { verb: 'set', values: { 'logs.level': 'trace' } })
  const told = vi.fn<() => void>()
  administration.onChange(told)
  await vi.advanceTimersByTimeAsync(1_799_000)
  expect(administration.config.datasources[0]?.max).toBe(20)
  await vi.advanceTimersByTimeAsync(2000)
  expect([administration.config.datasources[0]?.max, administration.config.logs.level]).toEqual([8, 'trace'])
  expect(told).toHaveBeenCalledOnce()
  expect((await ask(administration, { verb: 'history' })).at(-1)).toMatchObject({ verb: 'expire', undoes: 1, actor: 'spyglass' })
  await expect(ask(administration, { verb: 'undo', change: 3 })).rejects.toMatchObject({ code: 'SPY_ADMIN_CHANGE_EXPIRED' })
  vi.useRealTimers()
})

test('a temporary change whose time came while the server was down is not there at the next start, and its end is in the history', async () => {
  vi.useFakeTimers({ now: 1_700_000_000_000 })
  const server = world()
  const before = server.start({ now: Date.now })
  await ask(before, { verb: 'set', values: { 'datasources.shop.max': 20 }, options: { until: Date.now() + 1000 } })
  before.stop()
  server.now = Date.now() + 5000
  vi.setSystemTime(server.now)
  const after = server.start({ now: Date.now })
  expect(after.config.datasources[0]?.max).toBe(8)
  await vi.advanceTimersByTimeAsync(10)
  expect((await ask(after, { verb: 'history' })).at(-1)).toMatchObject({ verb: 'expire', undoes: 1 })
  vi.useRealTimers()
})

test('a temporary change that another one builds on stays, and the operator is told', async () => {
  vi.useFakeTimers({ now: 1_700_000_000_000 })
  const onProblem = vi.fn<(message: string) => void>()
  const administration = world().start({ now: Date.now, onProblem })
  await ask(administration, { verb: 'create', name: 'listeners.extra', values: { port: 9999 }, options: { until: Date.now() + 1000 } })
  await ask(administration, { verb: 'set', values: { 'applications.office.listener': 'extra' } })
  await vi.advanceTimersByTimeAsync(2000)
  expect(onProblem).toHaveBeenCalledWith(expect.stringContaining('no such listener'))
  expect(administration.config.listeners).toHaveLength(4)
  await ask(administration, { verb: 'undo', change: 2 })
  await vi.advanceTimersByTimeAsync(61_000)
  expect(administration.config.listeners).toHaveLength(3)
  vi.useRealTimers()
})

test('a change that the file no longer permits is skipped at the start, and comes back with the file', async () => {
  const server = world()
  await ask(server.start(), { verb: 'set', values: { 'datasources.shop.max': 20 } })
  server.file = { ...file, datasources: [] }
  expect(server.start().config.datasources).toEqual([])
  server.file = { ...file, datasources: [{ name: 'shop', file: 'x', min: 30, max: 40 }] }
  expect(server.start().config.datasources[0]?.max).toBe(40)
  server.file = file
  expect(server.start().config.datasources[0]?.max).toBe(20)
})

test('differences: what a change overrides, what changed in the file since the start, what waits', async () => {
  const server = world()
  const administration = server.start()
  await ask(administration, { verb: 'set', values: { 'datasources.shop.maxWaiting': 20 } })
  server.file = { ...file, logs: { level: 'debug' } }
  const found = await ask(administration, { verb: 'diff' })
  expect(
    found.map(({ name, file: inFile, started, desired, because, change }) => [
      name,
      inFile,
      started,
      desired,
      because.filter((why) => why !== 'pending'),
      change,
    ]),
  ).toEqual([
    ['logs.level', 'debug', 'info', 'info', ['file'], undefined],
    ['datasources.shop.maxWaiting', 1000, 1000, 20, ['change'], 1],
  ])
})

test('differences: of a created entry its name and what was chosen, not every default', async () => {
  const administration = world().start()
  const values = { file: 'other.db', max: 8, maxWaiting: 5 }
  await ask(administration, { verb: 'create', name: 'datasources.other', values })
  const found = await ask(administration, { verb: 'diff' })
  expect(found.map(({ name, file: inFile, desired }) => [name, inFile, desired])).toEqual([
    ['datasources.other.name', undefined, 'other'],
    ['datasources.other.file', undefined, 'other.db'],
    ['datasources.other.maxWaiting', undefined, 5],
  ])
})

test('what came of the reload that a change led to is in its line of the history, also after a restart', async () => {
  const server = world()
  const administration = server.start()
  await ask(administration, { verb: 'set', values: { 'datasources.shop.max': 20 } })
  await ask(administration, { verb: 'set', values: { 'datasources.shop.max': 30 } })
  administration.reloaded(1, { result: 'reloaded shop-1' })
  administration.reloaded(2, { result: 'no such module', failed: true })
  administration.reloaded(99, { result: 'nothing' })
  const lines = async (of = administration) =>
    (await ask(of, { verb: 'history' })).map(({ change, result, failed, changed }) => [change, result, failed, changed.length])
  const expected = [
    [1, 'reloaded shop-1', undefined, 1],
    [2, 'no such module', true, 1],
  ]
  expect(await lines()).toEqual(expected)
  administration.stop()
  expect(await lines(server.start())).toEqual(expected)
})

test('a value waits until its part has restarted, or until it is what runs again', async () => {
  const administration = world().start()
  const waiting = async (): Promise<readonly string[]> =>
    (await ask(administration, { verb: 'diff' })).filter(({ because }) => because.includes('pending')).map(({ name }) => name)
  await ask(administration, { verb: 'set', values: { 'store.readers': 5 } })
  expect(await waiting()).toEqual(['store.readers'])
  administration.applied(['collector'])
  expect(await waiting()).toEqual(['store.readers'])
  administration.applied(['store'])
  expect(await waiting()).toEqual([])
  await ask(administration, { verb: 'set', values: { 'store.readers': 6 } })
  await ask(administration, { verb: 'set', values: { 'store.readers': 5 } })
  expect(await waiting()).toEqual([])
})

test('operations are carried out by name, with arguments by their types, and are in the history, failed ones too', async () => {
  const run = vi.fn<() => Promise<string>>(async () => 'reloaded http-1')
  const administration = world().start({
    executors: { 'instance.reload': run, 'application.reload': async () => Promise.reject(new Error('it does not start')) },
  })
  const done = await ask(administration, { verb: 'invoke', name: 'instance.http-1.reload', options: { reason: 'why not' } })
  expect(done).toEqual({ change: 1, result: 'reloaded http-1' })
  expect(run).toHaveBeenCalledWith({ keys: { name: 'http-1' }, arguments: {}, actor: 'anna' })
  await expect(ask(administration, { verb: 'invoke', name: 'applications.shop.reload' })).rejects.toThrow('it does not start')
  await expect(ask(administration, { verb: 'invoke', name: 'instance.http-1.reload', arguments: { fast: true } })).rejects.toMatchObject({
    code: 'SPY_ADMIN_ARGUMENT',
  })
  expect(await ask(administration, { verb: 'history' })).toMatchObject([
    { change: 1, verb: 'invoke', names: ['instance.http-1.reload'], reason: 'why not', result: 'reloaded http-1' },
    { change: 2, verb: 'invoke', failed: true, result: 'it does not start' },
  ])
})

test('secrets are in no answer and no history: values that were there, that come and that go', async () => {
  const server = world()
  const administration = server.start()
  const answers: unknown[] = []
  for (const request of [
    { verb: 'set', values: { 'snmp.community': 'canary-community' } },
    { verb: 'set', values: { 'applications.shop.environment.TOKEN': 'canary-token' } },
    { verb: 'set', values: { 'applications.shop.environment': { A: 'canary-environment' } } },
    {
      verb: 'create',
      name: 'alerting.receivers.chat',
      values: { url: 'https://canary-user:canary-password@host/', headers: 'X=canary-header' },
    },
    { verb: 'set', values: { 'snmp.trapTargets.10\\.0\\.0\\.1:162.community': 'canary-trap' } },
    { verb: 'create', name: 'snmp.trapTargets.::1:163', values: { community: 'canary-created' } },
    { verb: 'delete', name: 'snmp.trapTargets.::1:163' },
    { verb: 'undo', change: 2 },
    { verb: 'get', names: ['*'] },
    { verb: 'list' },
    { verb: 'diff' },
    { verb: 'history' },
  ] satisfies AdministrationRequest[])
    answers.push(await ask(administration, request))
  await ask(administration, { verb: 'set', values: { 'snmp.community': { nested: 'canary-wrong' } } }).catch((error: unknown) =>
    answers.push(String(error)),
  )
  expect(JSON.stringify(answers)).not.toContain('canary')
  expect(readFileSync(join(server.folder, 'history.jsonl'), 'utf8')).not.toContain('canary')
  expect(administration.config.snmp.community).toBe('canary-community')
  expect(administration.config.alerting.receivers[0]?.headers).toEqual({ X: 'canary-header' })
})

test('a history that a crash tore anywhere is completed from the state, and ids go on', async () => {
  const server = world()
  const administration = server.start()
  for (const max of [20, 30, 40]) await ask(administration, { verb: 'set', values: { 'datasources.shop.max': max } })
  administration.stop()
  const path = join(server.folder, 'history.jsonl')
  const whole = readFileSync(path)
  for (let length = 0; length < whole.length; length += 7) {
    writeFileSync(path, whole.subarray(0, length))
    const again = server.start()
    expect((await ask(again, { verb: 'history' })).map(({ change }) => change)).toEqual([1, 2, 3])
    expect(again.config.datasources[0]?.max).toBe(40)
    again.stop()
  }
})

test('a damaged line of the history is skipped and reported', async () => {
  const server = world()
  const administration = server.start()
  for (const max of [20, 30]) await ask(administration, { verb: 'set', values: { 'datasources.shop.max': max } })
  administration.stop()
  const path = join(server.folder, 'history.jsonl')
  const bytes = readFileSync(path)
  bytes[10] = (bytes[10] ?? 0) ^ 1
  writeFileSync(path, bytes)
  const onProblem = vi.fn<(message: string) => void>()
  expect((await ask(server.start({ onProblem }), { verb: 'history' })).map(({ change }) => change)).toEqual([2])
  expect(onProblem).toHaveBeenCalledOnce()
})

test.each<[string, (path: string) => void]>([
  ['a folder', (path) => mkdirSync(path)],
  ['a pipe', (path) => void execFileSync('mkfifo', [path])],
  ['a link to itself', (path) => symlinkSync(path, path)],
])('a history in whose place is %s is set aside, and starts over', async (_, put) => {
  const server = world()
  const before = server.start()
  await ask(before, { verb: 'set', values: { 'logs.level': 'debug' } })
  before.stop()
  const path = join(server.folder, 'history.jsonl')
  rmSync(path)
  put(path)
  const onProblem = vi.fn<(message: string) => void>()
  const again = server.start({ onProblem })
  await ask(again, { verb: 'set', values: { 'logs.level': 'warn' } })
  expect((await ask(again, { verb: 'history' })).map(({ change }) => change)).toEqual([1, 2])
  expect(onProblem.mock.calls).toEqual([
    [expect.stringMatching(/^the history cannot be read: .*; it is now .*damaged-.*, and a new one begins$/)],
  ])
  expect(readdirSync(server.folder).filter((name) => name.startsWith('history.jsonl.damaged-'))).toHaveLength(1)
})

test('a history that cannot be written is no reason to stay down: only changes are refused', async () => {
  const server = world()
  const before = server.start()
  await ask(before, { verb: 'set', values: { 'logs.level': 'debug' } })
  before.stop()
  const path = join(server.folder, 'history.jsonl')
  rmSync(path)
  symlinkSync('/proc/none/history', path) // nobody can create it
  const onProblem = vi.fn<(message: string) => void>()
  const again = server.start({ onProblem })
  expect(again.config.logs.level).toBe('debug')
  expect(onProblem).toHaveBeenCalledWith(expect.stringContaining('the history cannot be completed'))
  await expect(ask(again, { verb: 'set', values: { 'logs.level': 'warn' } })).rejects.toThrow('ENOENT')
  rmSync(path)
  await ask(again, { verb: 'set', values: { 'logs.level': 'warn' } })
})

test('listeners are told what changed after it is kept, and no longer after they left', async () => {
  const administration = world().start()
  const told: unknown[] = []
  const leave = administration.onChange((config, { changed }) => told.push([config.logs.level, changed[0]?.name]))
  await ask(administration, { verb: 'set', values: { 'logs.level': 'debug' } })
  await ask(administration, { verb: 'set', values: { 'logs.level': 'debug' } })
  leave()
  await ask(administration, { verb: 'set', values: { 'logs.level': 'warn' } })
  expect(told).toEqual([['debug', 'logs.level']])
})
