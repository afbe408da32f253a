/**
 * How far the events were followed, on disk: a bridge that begins again after a crash asks for those that came meanwhile, which the
 * endpoint keeps for its client. An event whose notification had just left may leave once more.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { writeDurably } from '@spyglass/process/durable-file'

export interface EventPosition {
  /** Id that the endpoint gave. */
  readonly client: string
  /** Id of the last message seen. */
  readonly lastId?: string | undefined
}

export interface PositionFile {
  read(): EventPosition | undefined
  write(position: EventPosition): void
  /** For a client that has left, of which nothing is kept. */
  clear(): void
}

/** A disk that fails costs only the events of the next crash: it is told and gone on from. */
export function positionFile(file: string, onFailure: (error: unknown) => void): PositionFile {
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      onFailure(error)
      return undefined
    }
  }
  return {
    read: () => (existsSync(file) ? attempt(() => positionOf(JSON.parse(readFileSync(file, 'utf8')))) : undefined),
    write: (position) => attempt(() => writeDurably(file, `${JSON.stringify(position)}\n`)),
    clear: () => attempt(() => rmSync(file, { force: true })),
  }
}

function positionOf(value: unknown): EventPosition | undefined {
  const { client, lastId } = (value ?? {}) as Partial<EventPosition>
  if (typeof client !== 'string') return undefined
  return { client, lastId: typeof lastId === 'string' ? lastId : undefined }
}
