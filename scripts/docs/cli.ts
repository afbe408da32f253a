/** docs/reference/cli.md, from the declared commands. */
import { type CommandDeclaration, commands } from '../../runtime/src/cli/commands.ts'
import { exitCodes } from '../../runtime/src/cli/exit-codes.ts'
import { code, document, section, table } from './markdown.ts'

export function cliPage(): string {
  const introduction =
    'Commands of `spyglass`; from a checkout `npx spyglass COMMAND`. `spyglass COMMAND --help` prints the same. A command that speaks to a running server finds it by its data folder, and needs no password: it is open to the user who runs the server, and to root.'
  return document('Command line', introduction, [
    ...commands.filter(({ isInternal }) => !isInternal).map(commandSection),
    exitCodesSection(),
  ])
}

function exitCodesSection(): string {
  const rows = Object.values(exitCodes).map(({ code: number, description }) => [code(String(number)), description])
  return section('Exit codes', 'They are part of the interface and do not change.', table(['Code', 'Meaning'], rows))
}

function commandSection({ name, arguments: args, summary, options, examples }: CommandDeclaration): string {
  const usage = ['spyglass', name, args, Object.keys(options).length > 0 ? '[options]' : ''].filter(Boolean).join(' ')
  const rows = Object.entries(options).map(([option, { value, description }]) => [
    code(value === undefined ? `--${option}` : `--${option} ${value}`),
    description,
  ])
  const shown = rows.length === 0 ? [] : [table(['Option', 'Meaning'], rows)]
  return section(name, summary, code(usage), ...shown, `Example: ${examples.map(code).join(', ')}`)
}
