/** From the words of a command line to a declared command with its options and arguments. */
import { parseArgs } from 'node:util'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { type CommandDeclaration, commands } from './commands.ts'

export type Values = Readonly<Record<string, string | boolean | undefined>>

export interface Invocation {
  readonly command: CommandDeclaration
  readonly values: Values
  readonly words: readonly string[]
  /** Arguments as they were given, for commands that hand them on. */
  readonly raw: readonly string[]
}

/** The declaration whose name the words begin with: of several, that with the longest name. */
export function commandOf(argv: readonly string[]): CommandDeclaration | undefined {
  const fitting = commands.filter(({ name }) => name === argv.slice(0, wordsOf(name)).join(' '))
  return fitting.toSorted((a, b) => wordsOf(b.name) - wordsOf(a.name))[0]
}

/** @throws SPY_COMMAND_UNKNOWN, SPY_ARGUMENT_MISSING, SPY_ARGUMENT_UNKNOWN */
export function parseCommand(argv: readonly string[]): Invocation {
  const command = commandOf(argv)
  if (!command) throw fail('SPY_COMMAND_UNKNOWN', [argv[0]])
  const raw = argv.slice(wordsOf(command.name))
  const { values, words } = parseWords(command.options, command.handsOnOptions ? asAssignments(command, raw) : raw)
  const empty = Object.entries(values).find(([, value]) => value === '')
  if (empty) throw fail('SPY_ARGUMENT_MISSING', [`the value of --${empty[0]}`, command.name])
  checkCount(command, words)
  return { command, values, words, raw }
}

/** `--seconds 10` and `--seconds=10` as `seconds=10`, where there is no such option. */
function asAssignments({ options }: CommandDeclaration, raw: readonly string[]): readonly string[] {
  const words: string[] = []
  for (let i = 0; i < raw.length; i++) {
    const [, name = '', value] = /^--([A-Za-z][A-Za-z\d]*)(?:=(.*))?$/s.exec(raw[i] ?? '') ?? []
    if (name === '' || Object.hasOwn(options, name)) words.push(raw[i] ?? '')
    else words.push(`${name}=${value ?? raw[++i] ?? ''}`)
  }
  return words
}

function checkCount({ name, arguments: expected = '' }: CommandDeclaration, words: readonly string[]): void {
  const each = expected.split(' ').filter(Boolean)
  const required = each.filter((word) => !word.startsWith('['))
  if (words.length < required.length) throw fail('SPY_ARGUMENT_MISSING', [required[words.length]?.replace('…', ''), name])
  const most = expected.includes('…') ? Infinity : each.length
  if (words.length > most) throw fail('SPY_ARGUMENT_UNKNOWN', [`Unexpected argument '${words[most]}'`])
}

function parseWords(options: CommandDeclaration['options'], raw: readonly string[]): { values: Values; words: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...raw],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { value, short, isList = false }]) => [
          name,
          { type: value === undefined ? 'boolean' : 'string', multiple: isList, ...(short === undefined ? {} : { short }) },
        ]),
      ),
      allowPositionals: true,
    })
    return { values: joined(values), words: positionals }
  } catch (error) {
    throw fail('SPY_ARGUMENT_UNKNOWN', [messageOf(error)], error)
  }
}

/** Of an option that was given several times: one list, with commas. */
const joined = (values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]))

/** The value of an option that takes one. */
export function textOption(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

const wordsOf = (name: string): number => name.split(' ').length
