/** Reads how much the store holds, in the background: the getters of its resource must not ask the engine. */
import { DATABASE, messageOf } from '@spyglass/agent/contract'
import type { SessionPool } from './session-pool.ts'

export interface StoreSize {
  readonly rows: number
  readonly bytesOnDisk: number
  readonly parts: number
  /** Why the last reading failed; undefined when it did not. */
  readonly failure: string | undefined
}

export interface SizeSampler {
  /** What the last reading found; undefined numbers are 0 before the first. */
  size(): StoreSize
  stop(): void
}

const QUERY = `SELECT sum(rows), sum(bytes_on_disk), count() FROM system.parts WHERE active AND database = '${DATABASE}'`

export function createSizeSampler(admin: SessionPool, intervalMs: number): SizeSampler {
  let size: StoreSize = { rows: 0, bytesOnDisk: 0, parts: 0, failure: undefined }

  async function sample(): Promise<void> {
    try {
      const { bytes } = await admin.use((session) => session.query(QUERY, 'TSV'))
      const [rows = 0, bytesOnDisk = 0, parts = 0] = Buffer.from(bytes).toString('utf8').trim().split('\t').map(Number)
      size = { rows, bytesOnDisk, parts, failure: undefined }
    } catch (error) {
      size = { ...size, failure: messageOf(error) }
    }
  }

  void sample()
  const timer = setInterval(() => void sample(), intervalMs).unref()
  return { size: () => size, stop: () => clearInterval(timer) }
}
