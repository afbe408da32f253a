/**
 * The state that survives kill -9: incidents, crash history and the pages not yet delivered, in one file, so that "it fires" and
 * "its page is queued" become true in the same instant. It changes a few times an hour; each change is written whole and synced.
 */
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '@spyglass/process/durable-file'
import type { Logger } from '@spyglass/process/logger'
import type { OutboxState } from '../notify/index.ts'
import { fail } from './errors.ts'
import type { Incident } from './incident.ts'

export interface AlertState extends OutboxState {
  version: 1
  incidents: Incident[]
  /** Resource to the times of its last crashes. */
  crashes: Record<string, number[]>
}

export interface StateFile {
  readonly state: AlertState
  /** Writes the state and returns when it is on the disk. A failure is logged once, until it has worked again. */
  readonly save: () => void
}

const FILE = 'alerts.json'

/** Opens the state in `folder`. A file that cannot be read is set aside: alerts must not stay off for it. */
export function openState(folder: string, logger: Logger): StateFile {
  const file = join(folder, FILE)
  const state = readState(file, logger)
  let broken = false
  return {
    state,
    save() {
      try {
        writeDurably(file, JSON.stringify(state))
        broken = false
      } catch (error) {
        const { code, message } = fail('SPY_ALERT_STATE_UNWRITABLE', [file, messageOf(error)], error)
        if (!broken) logger.error({ code }, message)
        broken = true
      }
    },
  }
}

function readState(file: string, logger: Logger): AlertState {
  const empty: AlertState = { version: 1, incidents: [], crashes: {}, sequence: 0, outbox: [] }
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (isState(read)) return read
    throw new SyntaxError('it is not of version 1')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return empty
    const aside = `${file}.unreadable`
    renameSync(file, aside)
    const { code, message } = fail('SPY_ALERT_STATE_UNREADABLE', [file, messageOf(error), aside], error)
    logger.error({ code }, message)
    return empty
  }
}

function isState(read: unknown): read is AlertState {
  if (typeof read !== 'object' || read === null) return false
  const { version, incidents, crashes, sequence, outbox } = read as Record<string, unknown>
  return version === 1 && Array.isArray(incidents) && Array.isArray(outbox) && typeof sequence === 'number' && typeof crashes === 'object'
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
