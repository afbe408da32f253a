/** What is behind the memory of an instance, for all instances: a Redis. Each question is answered or rejected in time. */
import type { Purge } from './flights.ts'
import type { StoredValue } from './stored-value.ts'

/** An entry with what is left of its times; below 0: past. */
export interface SharedEntry {
  readonly value: StoredValue
  readonly tags: readonly string[]
  readonly freshMs: number
  readonly staleMs: number
  readonly errorMs: number
}

export interface SharedRead {
  /** Its clock when it was read. */
  readonly at: string
  readonly entry?: SharedEntry | undefined
}

export interface SharedStore {
  read(key: string): Promise<SharedRead>
  /** Not stored if something of it was purged after `at`. */
  write(key: string, entry: SharedEntry, at: string): Promise<void>
  /** Stored whatever there is; copies that other instances have are dropped. */
  put(key: string, entry: SharedEntry): Promise<void>
  /** Reaches all instances. Where it cannot be told now, it is told later, and this rejects. */
  purge(purge: Purge): Promise<void>
  /** Whether this instance is to load a value that all refresh together: it is older than `maxAgeMs`, and no other loads it. */
  claim(key: string, maxAgeMs: number, leaseMs: number): Promise<SharedRead & { readonly isMine: boolean }>
  release(key: string): Promise<void>
  close(): void
}
