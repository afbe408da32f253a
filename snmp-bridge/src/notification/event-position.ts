/**
 * The position in the event stream, on disk. After a crash the bridge asks for the events since then, which the endpoint keeps for
 * its client. An event whose notification was sent just before the crash may be sent again.
 */
import { type Damage, openStateFile, wrongShape } from '@spyglass/process/durable-file'

export interface EventPosition {
  /** Client id assigned by the endpoint. */
  readonly client: string
  /** Id of the last message seen. */
  readonly lastId?: string | undefined
}

export interface PositionFile {
  read(): EventPosition | undefined
  write(position: EventPosition): void
  /** Deletes the position of a client that has unregistered. */
  clear(): void
}

/** What is lost with a damaged file. */
export const damagedPosition = {
  fromPrevious: 'a notification may be sent a second time',
  lost: 'events that happened while the bridge was down are not sent',
}

export interface PositionHooks {
  readonly onFailure: (error: unknown) => void
  readonly onDamage?: (damage: Damage) => void
}

/** A disk failure is reported; it only affects events during the next outage. */
export function positionFile(path: string, { onFailure, onDamage = () => {} }: PositionHooks): PositionFile {
  const file = openStateFile<EventPosition>({ file: path, parse: positionOf, onDamage })
  const attempt = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      onFailure(error)
    }
  }
  return {
    read: () => file.read(),
    write: (position) => attempt(() => file.write(position)),
    clear: () => attempt(() => file.remove()),
  }
}

function positionOf(value: unknown): EventPosition {
  const { client, lastId } = (value ?? {}) as Partial<EventPosition>
  if (typeof client !== 'string') throw wrongShape('it does not name a client')
  return { client, lastId: typeof lastId === 'string' ? lastId : undefined }
}
