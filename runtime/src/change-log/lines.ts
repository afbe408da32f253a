/** The lines of a log of changes: each is a JSON document with its checksum. */
import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/** What it is, and on what. */
export type Change = readonly unknown[]

/** Carries out a change that is read. Gives whether it is one. */
export type CarryOut = (change: Change) => boolean

const NEW_LINE = 0x0a
/** No line is longer: a state has 1 MiB at most, and JSON in JSON six times as much. */
const MAX_LINE_BYTES = 16_777_216
const PART_BYTES = 4_194_304

export function lineOf(change: Change): string {
  const json = JSON.stringify(change)
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
}

/** As `readLines`, in parts: Node reads no file of more than 2 GiB at once. */
export function readLog(file: string, carryOut: CarryOut, partBytes = PART_BYTES): number {
  const handle = openSync(file, 'r')
  try {
    const part = Buffer.allocUnsafe(partBytes)
    let [rest, damaged] = [Buffer.alloc(0), 0]
    for (;;) {
      const length = readSync(handle, part)
      if (length === 0) return damaged
      const bytes = Buffer.concat([rest, part.subarray(0, length)])
      const end = bytes.lastIndexOf(NEW_LINE) + 1
      damaged += readLines(bytes.subarray(0, end), carryOut)
      rest = bytes.subarray(end)
      if (rest.length > MAX_LINE_BYTES) [rest, damaged] = [Buffer.alloc(0), damaged + 1]
    }
  } finally {
    closeSync(handle)
  }
}

/** Carries out the lines; gives the number of damaged ones. An unfinished last line was never acknowledged and is no damage. */
export function readLines(bytes: Buffer, carryOut: CarryOut): number {
  let damaged = 0
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEW_LINE, start)
    if (end < 0) break
    const change = changeOf(bytes.toString('utf8', start, end))
    if (change === undefined || !carryOut(change)) damaged++
    start = end + 1
  }
  return damaged
}

/** Undefined: damaged. */
function changeOf(line: string): Change | undefined {
  const json = line.slice(9)
  if (crc32(json).toString(16).padStart(8, '0') !== line.slice(0, 8) || line[8] !== ' ') return undefined
  const change: unknown = JSON.parse(json)
  return Array.isArray(change) ? change : undefined
}
