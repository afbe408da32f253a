/**
 * The identity of the engine on disk. The id belongs to this machine and this data folder: a folder cloned to another machine or
 * beside its original gets a new one. boots rises with each start and is on disk before the first answer; where a folder
 * was restored from a backup, boots jumps past anything the lost starts can have used.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { fail } from '../errors.ts'
import { writeDurably } from '@spyglass/process/durable-file'
import { MAX_ENGINE_VALUE } from './engine-clock.ts'

export interface EngineIdentity {
  readonly engineId: Buffer
  readonly boots: number
}

interface StoredState {
  readonly folderId: string
  /** Hash of the machine id; the id itself stays where it is. */
  readonly machine: string
  /** Where the folder lay, and the file system's number for it. */
  readonly path: string
  readonly inode: string
  readonly boots: number
}

export interface EngineStateOptions {
  readonly machineId?: string
  /** Milliseconds since the epoch. */
  readonly now?: number
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
  const stored = readState(join(stateFolder, FILE))
  const here = { machine, path: stateFolder, inode }
  const state: StoredState =
    stored && !isClone(stored, here)
      ? { ...here, folderId: stored.folderId, boots: nextBoots(stored, inode, options.now ?? Date.now()) }
      : { ...here, folderId: randomUUID(), boots: 1 }
  writeDurably(join(stateFolder, FILE), `${JSON.stringify(state)}\n`)
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

/** A folder with another inode was moved or restored: minutes since 2026 are past any number that counting starts can have reached. */
function nextBoots(stored: StoredState, inode: string, now: number): number {
  const counted = stored.boots + 1
  const jumped = stored.inode === inode ? counted : Math.max(counted, Math.floor((now - JUMP_EPOCH_MS) / 60_000))
  return Math.min(MAX_ENGINE_VALUE, jumped)
}

function readState(file: string): StoredState | undefined {
  if (!existsSync(file)) return undefined
  const { folderId, machine, path, inode, boots } = parseState(file)
  if (!folderId || !machine || !path || !inode || !Number.isInteger(boots)) throw fail('SPY_SNMP_STATE', [file, 'a member is missing'])
  return { folderId, machine, path, inode, boots: boots! }
}

function parseState(file: string): Partial<StoredState> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<StoredState>
  } catch (error) {
    throw fail('SPY_SNMP_STATE', [file, error instanceof Error ? error.message : String(error)], error)
  }
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
