/** Informs that begin or end an incident and are not acknowledged yet, on disk: the next process sends them. */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { type Damage, openStateFile, wrongShape } from '@spyglass/process/durable-file'

/** By receiver, oldest first. */
export type WaitingInforms = Readonly<Record<string, readonly SpyglassEvent[]>>

export interface WaitingFile {
  read(): WaitingInforms
  write(receiver: string, incidents: readonly SpyglassEvent[]): void
}

/** What is lost with a damaged file. */
export const damagedWaiting = {
  fromPrevious: 'an inform may be sent a second time',
  lost: 'informs that were not acknowledged are not sent again',
}

export interface WaitingHooks {
  /** A failure of the disk: what waits is lost if the process ends now. */
  readonly onFailure: (error: unknown) => void
  readonly onDamage?: (damage: Damage) => void
}

export function openWaitingFile(path: string, { onFailure, onDamage = () => {} }: WaitingHooks): WaitingFile {
  const file = openStateFile<WaitingInforms>({ file: path, parse: waitingOf, onDamage })
  let waiting: WaitingInforms = file.read() ?? {}
  return {
    read: () => waiting,
    write(receiver, incidents) {
      const { [receiver]: _, ...others } = waiting
      waiting = incidents.length === 0 ? others : { ...others, [receiver]: incidents }
      try {
        file.write(waiting)
      } catch (error) {
        onFailure(error)
      }
    },
  }
}

function waitingOf(value: unknown): WaitingInforms {
  const isEvents = (events: unknown): boolean => Array.isArray(events) && events.every(isEvent)
  if (typeof value !== 'object' || value === null || !Object.values(value).every(isEvents)) throw wrongShape('it does not hold events')
  return value as WaitingInforms
}

function isEvent(value: unknown): boolean {
  const { name, resource, phase } = (value ?? {}) as Partial<SpyglassEvent>
  return typeof name === 'string' && typeof resource === 'string' && (phase === 'raise' || phase === 'clear')
}
