/**
 * Whether what came over a registry socket is a message: an application with a user of its own may send anything, and must not end management with it.
 * Events have a check of their own, event-shape.ts.
 */
import type { RegistryMessage, SnapshotChanges, WholePush } from '@spyglass/process/keeper-link'

type Part = Readonly<Record<string, unknown>>

export function isMessage(value: unknown): value is RegistryMessage {
  if (!isPart(value)) return false
  const { type, source, pid, run = '' } = value
  if (type === 'hello') return typeof source === 'string' && typeof pid === 'number' && typeof run === 'string'
  return type === 'registry' ? isTexts(value['unready']) && isSnapshot(value['snapshot']) : typeof type === 'string'
}

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && !Array.isArray(value)
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((text) => typeof text === 'string')

function isSnapshot(value: unknown): value is WholePush['snapshot'] | SnapshotChanges {
  if (!isPart(value) || typeof value['time'] !== 'number') return false
  const { resources, changes } = value
  return Array.isArray(resources) ? resources.every(isResource) : Array.isArray(changes) && changes.every(isChange)
}

const isResource = (value: unknown): boolean =>
  isPart(value) &&
  typeof value['kind'] === 'string' &&
  isPart(value['keys']) &&
  isTexts(Object.values(value['keys'])) &&
  isPart(value['values'])

const isChange = (value: unknown): boolean =>
  isPart(value) && Number.isInteger(value['at']) && isPart(value['values']) && isTexts(value['without'] ?? [])
