#!/usr/bin/env node
/** The command line: finds the command among those of commands.ts and runs it (runs.ts). Its bin is runtime/bin/spyglass.js. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { exitCodeOf } from './exit-codes.ts'
import { commandHelp, helpText } from './help.ts'
import { commandOf, parseCommand } from './parse.ts'
import { runCommand } from './runs.ts'
import { commandSession } from './session.ts'

/** Resolves with the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'help') return main([...argv.slice(1), '--help'])
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) {
    const command = commandOf(argv)
    process.stdout.write(`${command ? commandHelp(command) : helpText()}\n`)
    return 0
  }
  if (argv[0] === '--version') {
    process.stdout.write(`${(await import('../version.ts')).version}\n`)
    return 0
  }
  const invocation = parseCommand(argv)
  using session = commandSession()
  return await runCommand(invocation, session)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const message = messageOf(error)
  process.stderr.write(`spyglass: ${message} (${codeOf(error) ?? 'unexpected'})\n`)
  if (codeOf(error) === undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exitCode = exitCodeOf(error)
}
