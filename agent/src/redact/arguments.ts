/** Redacts command lines: the program and its options are kept, values of secret options are removed. */
import { redactText } from './free-text.ts'
import { isSecretOption } from './options.ts'
import { REDACTED } from './secret-names.ts'

/** Short options that commonly carry a password or user: `curl -u`, `mysql -p`, `redis-cli -a`. */
const SHORT = /^-[akpuUPw]$/
/** Options that take a name, or a name and a password. */
const USER = /^--(?:proxy-)?user$/
const SHORT_GLUED = /^-[pP](?=.*\D).+/

/** Arguments as `process.argv` has them. */
export function redactArguments(args: readonly string[]): string[] {
  return args.map((argument, i) => redactArgument(argument, i === 0 ? '' : (args[i - 1] as string)))
}

/** Words as a shell separates them, with their quotes, and the white space between them. */
const SHELL_PARTS = /\s+|(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"'])+/gs

/** A whole command line. */
export function redactCommandLine(line: string): string {
  const parts = line.match(SHELL_PARTS) ?? []
  const words = redactArguments(parts.filter((part) => part.trim() !== ''))
  let word = 0
  return redactText(parts.map((part) => (part.trim() === '' ? part : (words[word++] as string))).join(''))
}

function redactArgument(argument: string, before: string): string {
  const equals = argument.indexOf('=')
  if (equals > 0 && isSecretOption(argument.slice(0, equals))) return `${argument.slice(0, equals)}=${REDACTED}`
  if (isValueOf(before) && !isOption(argument, before)) return SHORT.test(before) && /^\d{1,5}$/.test(argument) ? argument : REDACTED
  if (USER.test(before) && argument.includes(':')) return REDACTED
  if (SHORT_GLUED.test(argument) && !argument.includes('=')) return `${argument.slice(0, 2)}${REDACTED}`
  return redactText(argument)
}

/** A secret may begin with a dash. After an option with two dashes, another option has two dashes, or one and a letter. */
const isOption = (argument: string, before: string): boolean =>
  before.startsWith('--') ? /^-(?:-|.?$)/.test(argument) : argument.startsWith('-')

/** Whether an option takes the next argument as its secret value. */
function isValueOf(option: string): boolean {
  return SHORT.test(option) || (option.startsWith('-') && !option.includes('=') && isSecretOption(option))
}
