/**
 * What the instances of a server have seen of a group and must not forget when they end: the newest timeline, and who was replaced. One that starts later would
 * follow an old primary otherwise, while the new one is down.
 */
import { join } from 'node:path'
import { openStateFile, wrongShape, type StateFile } from '@spyglass/process/durable-file'
import type { Logger } from '@spyglass/process/logger'
import type { Memory } from './choose.ts'

export type Seen = Pick<Memory, 'timeline' | 'deposed'>

interface StoredSeen {
  readonly timeline: number
  readonly replaced: readonly string[]
}

/** Keeps what was seen of a datasource in the file of its name. Several instances may write it: all of them ask the same databases. */
export class SeenFile {
  readonly #file: StateFile<StoredSeen>
  readonly #logger: Logger
  #last: string | undefined

  constructor(folder: string, datasource: string, logger: Logger) {
    const file = join(folder, `datasource-${datasource}.json`)
    this.#logger = logger.child({ datasource, file })
    this.#file = openStateFile({
      file,
      parse: storedSeen,
      onDamage: ({ reason }) => this.#logger.warn({ reason }, 'what was seen of the members is damaged'),
    })
  }

  read(): Seen | undefined {
    const stored = this.#file.read()
    if (!stored) return undefined
    this.#last = JSON.stringify(stored)
    return { timeline: stored.timeline, deposed: new Set(stored.replaced) }
  }

  /** On the disk when it returns, unless the log says why not: who gets the writes must not depend on a disk. */
  write({ timeline, deposed }: Seen): void {
    const stored: StoredSeen = { timeline, replaced: [...deposed].toSorted() }
    const text = JSON.stringify(stored)
    if (text === this.#last) return
    try {
      this.#file.write(stored)
      this.#last = text
    } catch (error) {
      this.#logger.error({ err: error }, 'what was seen of the members cannot be kept')
    }
  }
}

function storedSeen(content: unknown): StoredSeen {
  const { timeline, replaced } = (content ?? {}) as Partial<Record<keyof StoredSeen, unknown>>
  if (typeof timeline !== 'number' || !Number.isSafeInteger(timeline) || timeline < 0) throw wrongShape('its timeline is no number')
  if (!Array.isArray(replaced) || !replaced.every((name) => typeof name === 'string')) throw wrongShape('its members are no names')
  return { timeline, replaced }
}
