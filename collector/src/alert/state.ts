/**
 * The state that survives kill -9: incidents, crash history and the pages not yet delivered, in one file, so that "it fires" and
 * "its page is queued" become true in the same instant. It changes a few times an hour; each change is written whole and synced.
 */
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { type Consequences, type Damage, openStateFile, wrongShape } from '@spyglass/process/durable-file'
import type { Logger } from '@spyglass/process/logger'
import type { OutboxState } from '../notify/index.ts'
import { fail } from './errors.ts'
import type { Incident } from './incident.ts'
import type { Silence } from './silences.ts'

export interface AlertState extends OutboxState {
  version: 1
  incidents: Incident[]
  /** Resource to the times of its last crashes. */
  crashes: Record<string, number[]>
  /** Absent in older state files. */
  silences?: Silence[]
}

export interface OpenState {
  readonly state: AlertState
  /** Whether the file was damaged: the state must be rebuilt from the stored events. */
  readonly isDamaged: boolean
  /** Writes the state and returns when it is on the disk. A failure is logged once, until it has worked again. */
  readonly save: () => void
}

const FILE = 'alerts.json'

/** What a damaged file costs. */
export const damagedAlerts: Consequences = {
  fromPrevious: 'the previous copy was restored, and later changes are rebuilt from the stored events',
  lost: 'open incidents are rebuilt from the stored events; undelivered pages are lost',
}

/** Opens the state in `folder`. A damaged file is set aside, so that it does not disable alerts. */
export function openState(folder: string, logger: Logger, onDamage: (damage: Damage) => void = () => {}): OpenState {
  let isDamaged = false
  const file = openStateFile<AlertState>({
    file: join(folder, FILE),
    parse: stateOf,
    onDamage(damage) {
      isDamaged = true
      onDamage(damage)
    },
  })
  const state = file.read() ?? { version: 1, incidents: [], crashes: {}, sequence: 0, outbox: [] }
  let broken = false
  return {
    state,
    isDamaged,
    save() {
      try {
        file.write(state)
        broken = false
      } catch (error) {
        const { code, message } = fail('SPY_ALERT_STATE_UNWRITABLE', [file.file, messageOf(error)], error)
        if (!broken) logger.error({ code }, message)
        broken = true
      }
    },
  }
}

function stateOf(content: unknown): AlertState {
  const { version, incidents, crashes, sequence, outbox, silences = [] } = (content ?? {}) as Record<string, unknown>
  const lists = [incidents, outbox, silences]
  const isWhole = lists.every(Array.isArray) && typeof sequence === 'number' && isObject(crashes)
  if (version !== 1 || !isWhole || !lists.flat().every(isObject)) throw wrongShape('it is not a version 1 state')
  return content as AlertState
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
