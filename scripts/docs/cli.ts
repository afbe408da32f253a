/** docs/reference/cli.md, from the declared commands. */
import { type CommandDeclaration, commands } from '../../runtime/src/cli/commands.ts'
import { code, document, section, table } from './markdown.ts'

export function cliPage(): string {
  const introduction = 'Commands of `spyglass`; from a checkout `npm run spyglass -- COMMAND`. `spyglass COMMAND --help` prints the same.'
  return document('Command line', introduction, commands.map(commandSection))
}

function commandSection({ name, arguments: args, summary, options, example }: CommandDeclaration): string {
  const usage = ['spyglass', name, args, '[options]'].filter(Boolean).join(' ')
  const rows = Object.entries(options).map(([option, { value, description }]) => [
    code(value === undefined ? `--${option}` : `--${option} ${value}`),
    description,
  ])
  return section(name, summary, code(usage), table(['Option', 'Meaning'], rows), `Example: ${code(example)}`)
}
