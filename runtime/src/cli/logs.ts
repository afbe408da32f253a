/** `spyglass logs`: the end of the server log, read from the data folder, so that it also tells why a server does not run. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { dataFolder, locateData, readChecked } from '@spyglass/process/checked-config'
import { fail } from '../errors.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'

const DEFAULT_LINES = '50'
const LOOK_EVERY_MS = 250
/** Read from the end until there are lines enough. */
const CHUNK_BYTES = 1_048_576
const MAX_BYTES = 256 * CHUNK_BYTES

export async function logs({ values, words: [name] }: Invocation, session: Session): Promise<void> {
  const count = textOption(values, 'lines') ?? DEFAULT_LINES
  if (!/^\d{1,6}$/.test(count)) throw fail('SPY_ARGUMENT_UNKNOWN', [`--lines ${count} is not a number up to 999999`])
  const root = await locateData({ file: textOption(values, 'config'), data: textOption(values, 'data') })
  const { run } = dataFolder(root)
  const file = dataFolder(root, readChecked(run)?.logs.folder).serverLog
  const isWanted = name === undefined ? () => true : lineFilter(name)
  const { lines, end } = lastLines(file, Number(count), isWanted)
  session.print(lines)
  if (values['follow'] === true) await follow(file, end, (more) => session.print(more.filter(isWanted)))
}

/** Lines of a process, or of the instances of an application: `shop` also means `shop-1`. Lines that are not JSON belong to nobody known. */
export function lineFilter(name: string): (line: string) => boolean {
  const isProcess = new RegExp(`^${name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}(-\\d+)?$`)
  return (line) => {
    return isProcess.test(fieldOf(line, 'process') ?? '') || fieldOf(line, 'application') === name || fieldOf(line, 'part') === name
  }
}

/** A text field of a JSON line. The whole line is not parsed: a log may have millions. */
function fieldOf(line: string, field: string): string | undefined {
  return new RegExp(`"${field}":"([^"\\\\]*)"`).exec(line)?.[1]
}

/** The last lines that are wanted, and where the file ended. @throws SPY_ARGUMENT_UNKNOWN when there is no log */
export function lastLines(
  file: string,
  count: number,
  isWanted: (line: string) => boolean,
): { readonly lines: readonly string[]; readonly end: number } {
  const handle = openLog(file)
  try {
    const end = fstatSync(handle).size
    let lines: readonly string[] = []
    for (let bytes = CHUNK_BYTES; ; bytes *= 4) {
      const start = Math.max(0, end - bytes)
      const text = textBetween(handle, start, end)
      const whole = start === 0 ? text : text.slice(text.indexOf('\n') + 1)
      lines = whole.split('\n').filter((line) => line !== '' && isWanted(line))
      if (start === 0 || lines.length >= count || bytes >= MAX_BYTES) break
    }
    return { lines: count === 0 ? [] : lines.slice(-count), end }
  } finally {
    closeSync(handle)
  }
}

/** Follows the file by its name: after a rotation, the new one from its beginning. */
async function follow(file: string, from: number, print: (lines: readonly string[]) => void): Promise<void> {
  let handle = openLog(file)
  let at = from
  let rest = ''
  for (;;) {
    const { size, ino } = fstatSync(handle)
    if (size < at) at = 0 // it was emptied
    if (size > at) {
      const text = rest + textBetween(handle, at, size)
      at = size
      const lines = text.split('\n')
      rest = lines.pop() ?? ''
      print(lines.filter(Boolean))
      continue
    }
    if (inodeOf(file) !== ino && inodeOf(file) !== undefined) {
      closeSync(handle)
      handle = openLog(file)
      at = 0
      continue
    }
    await delay(LOOK_EVERY_MS)
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino
}

function openLog(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw fail('SPY_ARGUMENT_UNKNOWN', [`There is no server log ${file}`], error)
  }
}

function textBetween(handle: number, start: number, end: number): string {
  const bytes = Buffer.alloc(end - start)
  const read = readSync(handle, bytes, 0, bytes.length, start)
  return bytes.toString('utf8', 0, read)
}
