/**
 * Keeps the counts of ended generations over a restart of management, for as long as the keeper lives: when that starts, all counts begin with it. Nothing
 * is flushed to the disk, since a machine that loses power loses the keeper as well.
 */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from '@spyglass/process/checked-config'
import type { ContinuityMemory } from './counter-continuity.ts'

export interface CounterFile {
  /** What the last management of this keeper kept; empty if there is none, or it cannot be read. */
  read(): ContinuityMemory
  /** Throws what the file system says. */
  write(memory: ContinuityMemory): void
}

export function counterFile({ run }: Pick<DataFolder, 'run'>): CounterFile {
  const file = join(run, 'counters.json')
  const keeper = keeperOf(run)
  return {
    read() {
      try {
        const kept = JSON.parse(readFileSync(file, 'utf8')) as { readonly keeper?: string; readonly memory?: ContinuityMemory }
        return kept.keeper === keeper && Array.isArray(kept.memory) ? kept.memory : []
      } catch {
        return [] // there is none yet, or its writer was killed; the counters of ended processes begin at 0 again
      }
    },
    write(memory) {
      writeFileSync(`${file}.new`, JSON.stringify({ keeper, memory }), { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
  }
}

/** Every keeper writes the note about itself once, when it takes the lock of the data folder. */
function keeperOf(run: string): string {
  const note = statSync(join(run, 'keeper.json'), { throwIfNoEntry: false, bigint: true })
  return note ? `${note.ino}-${note.mtimeNs}` : ''
}
