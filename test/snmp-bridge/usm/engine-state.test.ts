import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { nextEngineIdentity, readMachineId } from '../../../snmp-bridge/src/usm/engine-state.ts'

const root = mkdtempSync(join(tmpdir(), 'spyglass-engine-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const folder = () => join(root, `data-${folders++}`)
const machineId = 'machine-a'

test('boots rises with each start, the engine id stays, and both are on disk', () => {
  const state = folder()
  const first = nextEngineIdentity(state, { machineId })
  const second = nextEngineIdentity(state, { machineId })
  expect(first.boots).toBe(1)
  expect(second.boots).toBe(2)
  expect(second.engineId).toEqual(first.engineId)
  expect(JSON.parse(readFileSync(join(state, 'snmp-engine.json'), 'utf8'))).toMatchObject({ state: { boots: 2 } })
})

test('the engine id is of format octets, under enterprise 8072, and does not show the machine id', () => {
  const { engineId } = nextEngineIdentity(folder(), { machineId })
  expect(engineId).toHaveLength(21)
  expect(engineId.subarray(0, 5).toString('hex')).toBe('80001f8805')
})

test('a folder cloned to another machine gets another engine id and begins at boots 1', () => {
  const state = folder()
  const original = nextEngineIdentity(state, { machineId })
  const clone = folder()
  cpSync(state, clone, { recursive: true })
  const cloned = nextEngineIdentity(clone, { machineId: 'machine-b' })
  expect(cloned.engineId).not.toEqual(original.engineId)
  expect(cloned.boots).toBe(1)
})

test('a folder cloned beside its original gets another engine id, and the original keeps its own', () => {
  const state = folder()
  const original = nextEngineIdentity(state, { machineId })
  const clone = folder()
  cpSync(state, clone, { recursive: true })
  expect(nextEngineIdentity(clone, { machineId }).engineId).not.toEqual(original.engineId)
  expect(nextEngineIdentity(state, { machineId })).toEqual({ engineId: original.engineId, boots: 2 })
})

test('a folder restored from a backup keeps its engine id, and boots jumps past the starts that were lost', () => {
  const state = folder()
  const original = nextEngineIdentity(state, { machineId })
  const backup = folder()
  cpSync(state, backup, { recursive: true })
  for (let i = 0; i < 20; i++) nextEngineIdentity(state, { machineId })
  renameSync(state, `${state}-lost`)
  cpSync(backup, state, { recursive: true })
  const restored = nextEngineIdentity(state, { machineId, now: Date.UTC(2026, 5, 1) })
  expect(restored.engineId).toEqual(original.engineId)
  expect(restored.boots).toBe((Date.UTC(2026, 5, 1) - Date.UTC(2026, 0, 1)) / 60_000)
  expect(nextEngineIdentity(state, { machineId, now: Date.UTC(2026, 5, 1) }).boots).toBe(restored.boots + 1)
})

test.for(['', '{"boots":', '[]', '{"boots":"7"}', 'null'])(
  'a damaged state (%j) keeps the engine id by the copy before it, and its boots pass all that can have been used',
  (content) => {
    const state = folder()
    const now = Date.UTC(2026, 5, 1)
    const damages: string[] = []
    const next = () => nextEngineIdentity(state, { machineId, now, onDamage: ({ reason }) => damages.push(reason) })
    const first = next()
    for (let i = 0; i < 5; i++) next()
    writeFileSync(join(state, 'snmp-engine.json'), content)
    const { engineId, boots } = next()
    expect(engineId).toEqual(first.engineId)
    expect(boots).toBe((now - Date.UTC(2026, 0, 1)) / 60_000)
    expect(next()).toEqual({ engineId, boots: boots + 1 })
    expect(damages).toEqual([expect.stringMatching(/./)])
  },
)

test('without a whole copy the engine is a new one', () => {
  const state = folder()
  const first = nextEngineIdentity(state, { machineId })
  nextEngineIdentity(state, { machineId })
  for (const name of ['snmp-engine.json', 'snmp-engine.json.previous']) writeFileSync(join(state, name), 'x')
  const second = nextEngineIdentity(state, { machineId })
  expect(second.engineId).not.toEqual(first.engineId)
  expect(second.boots).toBe(1)
})

test('a state that cannot be written stops the start with its path', () => {
  const state = folder()
  mkdirSync(join(state, `snmp-engine.json.${process.pid}`), { recursive: true })
  expect(() => nextEngineIdentity(state, { machineId })).toThrow(expect.objectContaining({ code: 'SPY_SNMP_STATE' }))
})

test('this machine has an id', () => {
  expect(readMachineId()).not.toBe('')
})

test('the engine id is the hash of machine and folder, the machine is on disk as a hash', () => {
  const state = folder()
  const { engineId } = nextEngineIdentity(state, { machineId })
  const { state: stored } = JSON.parse(readFileSync(join(state, 'snmp-engine.json'), 'utf8')) as {
    state: { machine: string; folderId: string }
  }
  const machine = createHash('sha256').update(machineId).digest('hex').slice(0, 32)
  expect(stored.machine).toBe(machine)
  const hash = createHash('sha256').update(`${machine}\n${stored.folderId}`).digest('hex')
  expect(engineId.toString('hex')).toBe(`80001f8805${hash.slice(0, 32)}`)
})

test('boots stays at 2^31-1', () => {
  const backup = folder()
  nextEngineIdentity(backup, { machineId })
  const state = folder()
  cpSync(backup, state, { recursive: true })
  rmSync(backup, { recursive: true })
  const far = { machineId, now: Date.UTC(2026, 0, 1) + 2 ** 31 * 60_000 }
  expect(nextEngineIdentity(state, far).boots).toBe(0x7fff_ffff)
  expect(nextEngineIdentity(state, far).boots).toBe(0x7fff_ffff)
})

test('a folder that was moved keeps its engine id and its count; boots that are past the minutes go on counting', () => {
  const state = folder()
  const first = nextEngineIdentity(state, { machineId })
  renameSync(state, `${state}-moved`)
  expect(nextEngineIdentity(`${state}-moved`, { machineId })).toEqual({ engineId: first.engineId, boots: 2 })
  const backup = folder()
  cpSync(`${state}-moved`, backup, { recursive: true })
  rmSync(`${state}-moved`, { recursive: true })
  expect(nextEngineIdentity(backup, { machineId, now: Date.UTC(2026, 0, 1) + 60_000 })).toEqual({ engineId: first.engineId, boots: 3 })
})
