/** Whether the disk of the data folder takes what is written: what `/ready` says of it, asked of the file system when somebody asks. */
import { type StatsFs, statfsSync } from 'node:fs'
import { messageOf } from '@spyglass/agent/contract'
import { sampled } from '@spyglass/agent/registry'
import { isReadOnly } from '@spyglass/process/durable-file'

const MIN_FREE_BYTES = 1_048_576
const MIN_FREE_INODES = 8
const SAMPLE_MS = 500

export interface DiskProbe {
  readonly statfs: (folder: string) => Pick<StatsFs, 'bavail' | 'bsize' | 'files' | 'ffree'>
  readonly isReadOnly: (folder: string) => boolean
}

const realDisk: DiskProbe = { statfs: (folder) => statfsSync(folder), isReadOnly }

/** Reasons against being ready, one for each thing that is exhausted. */
export function diskState(folder: string, probe: DiskProbe = realDisk): () => readonly string[] {
  return sampled(SAMPLE_MS, () => reasonsOf(folder, probe))
}

function reasonsOf(folder: string, { statfs, isReadOnly: cannotChange }: DiskProbe): readonly string[] {
  try {
    if (cannotChange(folder)) return [`the disk of ${folder} is read-only`]
    const { bavail, bsize, files, ffree } = statfs(folder)
    const free = bavail * bsize
    return [
      ...(free < MIN_FREE_BYTES ? [`the disk of ${folder} is full (${Math.floor(free / 1024)} KiB free)`] : []),
      ...(files > 0 && ffree < MIN_FREE_INODES ? [`the disk of ${folder} has no free inodes (${ffree} left)`] : []),
    ]
  } catch (error) {
    return [`cannot use the data folder ${folder}: ${messageOf(error)}`]
  }
}
