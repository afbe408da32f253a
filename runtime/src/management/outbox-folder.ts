/** Takes from the files of outboxes what a process told nobody before it ended. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { codeOf } from '@spyglass/agent/contract'
import { textOfLine } from '@spyglass/process/durable-file'
import { type NumberedMessage, OUTBOX_NAME } from '@spyglass/process/keeper-link'

/** What one process left, oldest first. */
export interface LeftOutbox {
  readonly source: string
  readonly pid: number
  readonly run: string
  readonly messages: readonly NumberedMessage[]
  /** To be called when the messages are kept: deletes the file, unless its process lives. */
  readonly taken: () => void
}

/** The outboxes of one process name, or of all. What a living process has in its file it also tells itself, under the same numbers. */
export function leftOutboxes(folder: string, source?: string): readonly LeftOutbox[] {
  return namesIn(folder).flatMap((name) => {
    const found = OUTBOX_NAME.exec(name)?.groups
    const whose = decoded(found?.['source'] ?? '')
    if (!found || whose === undefined || (source !== undefined && whose !== source)) return []
    const [pid, file] = [Number(found['pid']), join(folder, name)]
    return [{ source: whose, pid, run: found['run'] ?? '', messages: messagesIn(file), taken: () => void (lives(pid) || remove(file)) }]
  })
}

/** Undefined: no outbox has such a name. */
function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // nobody has told anything yet
  }
}

function messagesIn(file: string): NumberedMessage[] {
  try {
    return linesOf(readFileSync(file)).flatMap((line) => {
      const text = textOfLine(line)
      return text === undefined ? [] : [JSON.parse(text) as NumberedMessage] // the checksum proves that a process of ours wrote it
    })
  } catch {
    return [] // its process has just removed it, having told everything
  }
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start))
    lines.push(bytes.subarray(start, end))
  return lines
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // the disk takes no changes: its messages are known by their numbers when they are found again
  }
}
