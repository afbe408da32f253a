/** The text of `--help`, for all commands and for one. */
import { type CommandDeclaration, commands, type OptionDeclaration } from './commands.ts'

export function helpText(): string {
  const shown = commands.filter(({ isInternal }) => !isInternal)
  const width = Math.max(...shown.map(({ name }) => name.length)) + 2
  const lines = shown.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`)
  return [
    'spyglass: observability and monitoring for application servers',
    '',
    'Usage: spyglass COMMAND [options]',
    '',
    ...lines,
    '',
    'Run `spyglass COMMAND --help` for details.',
    '',
  ].join('\n')
}

export function commandHelp({ name, arguments: args, summary, options, examples }: CommandDeclaration): string {
  const rows = Object.entries(options).map(([option, declaration]) => optionRow(option, declaration))
  return [
    `Usage: spyglass ${[name, args, '[options]'].filter(Boolean).join(' ')}`,
    '',
    summary,
    '',
    ...rows,
    '',
    ...examples.map((example, i) => `${i === 0 ? 'Example: ' : '         '}${example}`),
    '',
  ].join('\n')
}

function optionRow(name: string, { value, short, description }: OptionDeclaration): string {
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`
  return `  ${`${names}${value === undefined ? '' : ` ${value}`}`.padEnd(22)}${description}`
}
