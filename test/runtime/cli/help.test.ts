import { expect, test } from 'vitest'
import { commands } from '../../../runtime/src/cli/commands.ts'
import { commandHelp, helpText } from '../../../runtime/src/cli/help.ts'

test('the general help names every command, that of a command every option and an example', () => {
  for (const command of commands) {
    expect(helpText()).toContain(`  ${command.name} `)
    const help = commandHelp(command)
    for (const option of Object.keys(command.options)) expect(help).toContain(`--${option}`)
    expect(help).toContain(command.example)
  }
})
