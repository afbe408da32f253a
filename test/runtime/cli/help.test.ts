import { expect, test } from 'vitest'
import { commands } from '../../../runtime/src/cli/commands.ts'
import { commandHelp, helpText } from '../../../runtime/src/cli/help.ts'

test('the general help names every command, that of a command every option and an example', () => {
  for (const command of commands.filter(({ isInternal }) => !isInternal)) {
    expect(helpText()).toContain(`  ${command.name} `)
    const help = commandHelp(command)
    for (const option of Object.keys(command.options)) expect(help).toContain(`--${option}`)
    for (const example of command.examples) expect(help).toContain(example)
  }
})
