/** `spyglass shell`: many commands over one connection, from the keyboard or from a file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline/promises'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { AdminClient } from '@spyglass/process/admin-socket'
import { fail } from '../errors.ts'
import { commands } from './commands.ts'
import { completeLine } from './complete-line.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { commandHelp } from './help.ts'
import { commandOf, type Invocation, parseCommand } from './parse.ts'
import { connectTo, type Session, sharedSession } from './session.ts'
import { wordsOf } from './words.ts'

const HISTORY_LENGTH = 1000
const END = /^(exit|quit)$/

type RunCommand = (invocation: Invocation, session: Session) => Promise<number>

interface Shell {
  readonly client: AdminClient
  readonly run: RunCommand
}

/** Runs lines as `run` does; resolves with the exit code. */
export async function shell({ values, words }: Invocation, run: RunCommand): Promise<number> {
  using client = await connectTo(values)
  const [file] = words
  if (file === undefined && process.stdin.isTTY) return await interactive({ client, run })
  return await batch({ client, run }, scriptOf(file ?? '-'), { keepGoing: values['keep-going'] === true })
}

function scriptOf(file: string): readonly string[] {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').split(/\r?\n/)
  } catch (error) {
    throw fail('SPY_ARGUMENT_UNKNOWN', [`Cannot read ${file}: ${messageOf(error)}`], error)
  }
}

async function batch(shell: Shell, lines: readonly string[], { keepGoing }: { readonly keepGoing: boolean }): Promise<number> {
  let outcome: number = exitCodes.done.code
  for (const [i, line] of lines.entries()) {
    const code = await runLine(shell, line, `line ${i + 1}: `)
    if (code === 'end') break
    if (outcome === exitCodes.done.code) outcome = code
    if (code !== exitCodes.done.code && !keepGoing) break
  }
  return outcome
}

async function interactive(shell: Shell): Promise<number> {
  const history = historyFile()
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    history: readHistory(history),
    historySize: HISTORY_LENGTH,
    removeHistoryDuplicates: true,
    prompt: 'spyglass> ',
    completer: (line: string) => completeLine(line, shell.client),
  })
  ;(terminal as NodeJS.EventEmitter).on('history', (lines: readonly string[]) => writeHistory(history, lines))
  process.stdout.write('Type a command, `help`, or `exit`. The Tab key completes.\n')
  try {
    await readLines(terminal, shell)
  } finally {
    terminal.close()
  }
  return exitCodes.done.code
}

async function readLines(terminal: Interface, shell: Shell): Promise<void> {
  terminal.on('SIGINT', () => {
    process.stdout.write('^C\n')
    terminal.write(null, { ctrl: true, name: 'u' }) // empties the line, as a shell does
    terminal.prompt()
  })
  terminal.prompt()
  for await (const line of terminal) {
    if ((await runLine(shell, line)) === 'end') return
    terminal.prompt()
  }
  process.stdout.write('\n')
}

/** Runs one line and reports its failure; resolves with its exit code. */
async function runLine({ client, run }: Shell, line: string, where = ''): Promise<number | 'end'> {
  try {
    const given = wordsOf(line)
    const words = given[0] === 'spyglass' ? given.slice(1) : given
    const [first = ''] = words
    if (END.test(first)) return 'end'
    if (first === '') return exitCodes.done.code
    if (first === 'help' || words.includes('--help')) return help(words.filter((word) => word !== 'help' && word !== '--help'))
    const invocation = parseCommand(words)
    const { name, isForServer = false } = invocation.command
    if (!isForServer) throw fail('SPY_COMMAND_OUTSIDE', [name])
    return await run(invocation, sharedSession(client))
  } catch (error) {
    const message = messageOf(error)
    process.stderr.write(`spyglass: ${where}${message} (${codeOf(error) ?? 'unexpected'})\n`)
    return exitCodeOf(error)
  }
}

function help(words: readonly string[]): number {
  const command = commandOf(words)
  const inShell = commands.filter(({ isForServer }) => isForServer)
  const width = Math.max(...inShell.map(({ name }) => name.length)) + 2
  const lines = inShell.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`)
  process.stdout.write(`${command ? commandHelp(command) : [...lines, '  exit'].join('\n')}\n`)
  return exitCodes.done.code
}

const historyFile = (): string => join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'spyglass', 'history')

/** Newest first, as readline keeps it. */
function readHistory(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).toReversed()
  } catch {
    return [] // there is none yet
  }
}

/** A secret may be on a line: nobody else may read it. */
function writeHistory(file: string, lines: readonly string[]): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, `${lines.toReversed().join('\n')}\n`, { mode: 0o600 })
  } catch {
    // a home that cannot be written to is no reason to end a session; the history is a convenience
  }
}
