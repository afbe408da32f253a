import fc from 'fast-check'
import { expect, test } from 'vitest'
import { events, type ResourceKind } from '@spyglass/agent/contract'
import { allKinds, kinds } from '@spyglass/mbeans/kinds'
import { SpyglassConfig } from '@spyglass/process/config'
import { declarationAt, type DeclaredSetting, declaredSettings, type Setting, spyglassSettings } from '@spyglass/process/settings'

const all = declaredSettings()
const required: Readonly<Record<string, Record<string, unknown>>> = {
  listeners: { name: 'http' },
  applications: { name: 'a', folder: '.' },
  hosts: { name: 'h.test' },
  certificates: { certificate: 'c', key: 'k' },
  datasources: { name: 'd', file: 'f' },
  rateLimits: { name: 'r' },
  caches: { name: 'c' },
  jobs: { name: 'j' },
  workerPools: { name: 'w', file: 'worker.js' },
  mailServers: { name: 'm', url: 'smtp://mail.example.org' },
  redisServers: { name: 'r', url: 'redis://cache.example.org' },
  httpClients: { name: 'h', url: 'https://payments.example.org' },
  sessions: { name: 's' },
  realms: { name: 'r', sessions: 's' },
  routes: { to: 'read' },
  members: { url: 'postgres://db/shop' },
  receivers: { name: 'w', url: 'http://x/' },
  maintenance: { name: 'w' },
  trapTargets: { host: 'h' },
}

/** A file that says nothing but this one value. */
function fileWith({ path }: DeclaredSetting, value: unknown): unknown {
  const [name = '', ...above] = path.split('.').toReversed()
  let content: Record<string, unknown> = { [name]: value }
  for (const part of above) {
    const list = part.replace('[]', '')
    content = { [list]: part.endsWith('[]') ? [{ ...required[list], ...content }] : content }
  }
  return content
}

const isAccepted = (setting: DeclaredSetting, value: unknown): boolean => SpyglassConfig.safeParse(fileWith(setting, value)).success

test('there are many settings, and every path leads to its declaration', () => {
  expect(all.length).toBeGreaterThan(70)
  for (const { path, setting } of all)
    expect(declarationAt(path.split('.').flatMap((part) => (part.endsWith('[]') ? [part.slice(0, -2), 0] : [part])))?.node).toBe(setting)
})

test('a path that leads nowhere finds nothing, and what is inside a value finds its setting', () => {
  for (const path of [['nonsense'], ['server', 'nonsense'], ['toString'], ['applications', 'a', 'constructor'], [0], []])
    expect(declarationAt(path)).toBeUndefined()
  expect(declarationAt(['applications', 0, 'environment', 'TOKEN'])).toMatchObject({ node: { type: 'map' }, rest: ['TOKEN'] })
  expect(declarationAt(['applications', 'shop'])?.node).toBe(spyglassSettings.applications)
})

test.for(all)('$path accepts its default and the ends of its range, and nothing beyond or of another type', (declared) => {
  const { setting } = declared
  if (setting.default !== undefined) expect(isAccepted(declared, setting.default)).toBe(true)
  for (const value of goodFor(setting)) expect(isAccepted(declared, value), String(value)).toBe(true)
  for (const value of badFor(setting)) expect(isAccepted(declared, value), String(value)).toBe(false)
})

function goodFor(setting: Setting): readonly unknown[] {
  if (setting.type === 'int') return [setting.min, setting.max ?? Number.MAX_SAFE_INTEGER]
  if (setting.type === 'choice') return setting.values
  return { boolean: [true, false], url: ['https://host:1/x'], map: [{ a: 'b' }], texts: [[]], text: [] }[setting.type]
}

function badFor(setting: Setting): readonly unknown[] {
  const others = [null, { nonsense: {} }, [[]]]
  if (setting.type === 'int')
    return [...others, setting.min - 1, (setting.max ?? Number.MAX_SAFE_INTEGER) + 1, setting.min + 0.5, `${setting.min}`]
  if (setting.type === 'choice') return [...others, `${setting.values[0]}x`, 1]
  if (setting.type === 'boolean') return [...others, 'true', 1]
  if (setting.type === 'url') return [...others, 'ftp://host/', 'host', '']
  if (setting.type === 'map') return [null, [], { a: 1 }, 'a=b']
  if (setting.type === 'texts') return [null, 'a', [1], ...(setting.each.minLength ? [['']] : [])]
  return [...others, 1, true, ...(setting.minLength ? [''] : [])]
}

test('a number is accepted exactly when it is a whole number in its range', () => {
  const numbers = all.filter(({ setting }) => setting.type === 'int')
  fc.assert(
    fc.property(fc.constantFrom(...numbers), fc.oneof(fc.integer(), fc.double(), fc.nat(70_000)), (declared, value) => {
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = declared.setting as { min?: number; max?: number }
      expect(isAccepted(declared, value)).toBe(Number.isSafeInteger(value) && value >= min && value <= max)
    }),
  )
})

test('what is secret by its name is declared as secret', () => {
  const named = all.filter(({ path }) => /password|secret|token|\bheaders$|community|environment/i.test(path))
  expect(named.length).toBeGreaterThan(4)
  expect(named.filter(({ setting }) => setting.secret !== true).map(({ path }) => path)).toEqual([])
})

test('a setting names an attribute that its kind has', () => {
  const shown = all.filter(({ setting }) => setting.attribute !== undefined)
  expect(shown.length).toBeGreaterThan(2)
  for (const { kind, setting } of shown)
    expect(Object.keys((kinds as Readonly<Record<string, ResourceKind>>)[kind ?? '']?.attributes ?? {})).toContain(setting.attribute)
})

test('the keys of a list are settings of its entries', () => {
  const lists = Object.values(spyglassSettings).filter((node) => node.type === 'list')
  expect(lists.flatMap(({ key, settings }) => key.filter((name) => !Object.hasOwn(settings, name)))).toEqual([])
})

test('every event belongs to one kind', () => {
  expect(allKinds.flatMap((kind) => kind.events ?? []).toSorted()).toEqual(Object.keys(events).toSorted())
})
