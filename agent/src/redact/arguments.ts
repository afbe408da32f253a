/** Command lines: what is started stays, values of secret options go. */
import { redactText } from './free-text.ts'
import { isSecretName, REDACTED } from './secret-names.ts'

/** Short options that commonly carry a password or user: `curl -u`, `mysql -p`, `redis-cli -a`. */
const SHORT = /^-[akpuUPw]$/
const SHORT_GLUED = /^-[pP](?=.*\D).+/

/** Arguments as `process.argv` has them. */
export function redactArguments(args: readonly string[]): string[] {
  return args.map((argument, i) => redactArgument(argument, i === 0 ? '' : (args[i - 1] as string)))
}

/** A whole command line; its parts are separated by white space. */
export function redactCommandLine(line: string): string {
  const parts = line.split(/(\s+)/)
  const words = redactArguments(parts.filter((_part, i) => i % 2 === 0))
  return redactText(parts.map((part, i) => (i % 2 === 0 ? (words[i / 2] as string) : part)).join(''))
}

function redactArgument(argument: string, before: string): string {
  const equals = argument.indexOf('=')
  if (equals > 0 && isSecretName(argument.slice(0, equals))) return `${argument.slice(0, equals)}=${REDACTED}`
  if (isValueOf(before) && !argument.startsWith('-')) return SHORT.test(before) && /^\d{1,5}$/.test(argument) ? argument : REDACTED
  if (SHORT_GLUED.test(argument) && !argument.includes('=')) return `${argument.slice(0, 2)}${REDACTED}`
  return redactText(argument)
}

/** Whether an option takes the next argument as its secret value. */
function isValueOf(option: string): boolean {
  return SHORT.test(option) || (option.startsWith('-') && !option.includes('=') && isSecretName(option))
}
