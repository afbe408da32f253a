/**
 * The identity of the engine on disk. The id belongs to this machine and this data folder: a folder cloned to another machine, or
 * next to its original, gets a new one. boots increases with each start and is on disk before the first answer; when a folder
 * was restored from a backup, boots jumps past every value that the lost starts can have used.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { type Damage, openStateFile, type StateFile, wrongShape } from '@spyglass/process/durable-file'
import { fail } from '../errors.ts'
import { MAX_ENGINE_VALUE } from './engine-clock.ts'

export interface EngineIdentity {
  readonly engineId: Buffer
  readonly boots: number
}

interface StoredState {
  readonly folderId: string
  /** Hash of the machine id; the id itself is not stored. */
  readonly machine: string
  /** Path and inode of the folder. */
  readonly path: string
  readonly inode: string
  readonly boots: number
}

export interface EngineStateOptions {
  readonly machineId?: string
  /** Milliseconds since the epoch. */
  readonly now?: number
  readonly onDamage?: (damage: Damage) => void
}

/** What is lost with a damaged file. */
export const damagedEngine = {
  fromPrevious: 'the previous copy was restored, and the boot count skips ahead',
  lost: 'the engine has a new id, which SNMPv3 managers must rediscover',
}

const FILE = 'snmp-engine.json'
const JUMP_EPOCH_MS = Date.UTC(2026, 0, 1)

/**
 * The identity for this start, written to disk before it is returned.
 * @throws SPY_SNMP_STATE
 */
export function nextEngineIdentity(stateFolder: string, options: EngineStateOptions = {}): EngineIdentity {
  mkdirSync(stateFolder, { recursive: true })
  const machine = hash(options.machineId ?? readMachineId())
    .toString('hex')
    .slice(0, 32)
  const inode = inodeOf(stateFolder)
  let isOld = false
  const file = openStateFile<StoredState>({
    file: join(stateFolder, FILE),
    parse: stateOf,
    onDamage(damage) {
      isOld = true
      options.onDamage?.(damage)
    },
  })
  const stored = file.read()
  const here = { machine, path: stateFolder, inode }
  const state: StoredState =
    stored && !isClone(stored, here)
      ? { ...here, folderId: stored.folderId, boots: nextBoots(stored, isOld ? '' : inode, options.now ?? Date.now()) }
      : { ...here, folderId: randomUUID(), boots: 1 }
  writeState(file, state)
  return { engineId: engineIdOf(machine, state.folderId), boots: state.boots }
}

/** RFC 3411 SnmpEngineID: enterprise 8072, format 5 (octets), and 16 bytes of the machine's and the folder's identity. */
function engineIdOf(machine: string, folderId: string): Buffer {
  return Buffer.concat([Buffer.from('80001f8805', 'hex'), hash(`${machine}\n${folderId}`).subarray(0, 16)])
}

function isClone(stored: StoredState, here: { machine: string; path: string; inode: string }): boolean {
  if (stored.machine !== here.machine) return true
  if (stored.inode === here.inode || stored.path === here.path) return false
  return existsSync(join(stored.path, FILE)) && inodeOf(stored.path) === stored.inode
}

/** A folder with another inode was moved or restored, and a state restored after damage is old. Minutes since 2026 exceed any number of starts. */
function nextBoots(stored: StoredState, inode: string, now: number): number {
  const counted = stored.boots + 1
  const jumped = stored.inode === inode ? counted : Math.max(counted, Math.floor((now - JUMP_EPOCH_MS) / 60_000))
  return Math.min(MAX_ENGINE_VALUE, jumped)
}

/** RFC 3414 §2.3: without the boots on disk before the first message, replayed messages could pass for new ones. */
function writeState(file: StateFile<StoredState>, state: StoredState): void {
  try {
    file.write(state)
  } catch (error) {
    throw fail('SPY_SNMP_STATE', [file.file, messageOf(error)], error)
  }
}

function stateOf(content: unknown): StoredState {
  const { folderId, machine, path, inode, boots } = (content ?? {}) as Partial<StoredState>
  for (const text of [folderId, machine, path, inode]) if (typeof text !== 'string' || text === '') throw wrongShape('a member is missing')
  if (!Number.isInteger(boots) || boots! < 0) throw wrongShape('boots is not a whole number')
  return content as StoredState
}

const inodeOf = (folder: string): string => {
  const { dev, ino } = statSync(folder, { bigint: true })
  return `${dev}:${ino}`
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

/** systemd's machine id; elsewhere the host's name and hardware addresses. */
export function readMachineId(): string {
  for (const file of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    if (existsSync(file)) {
      const id = readFileSync(file, 'utf8').trim()
      if (id !== '') return id
    }
  }
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ mac }) => mac) ?? [])
  return [hostname(), ...new Set(addresses)].sort().join('\n')
}
