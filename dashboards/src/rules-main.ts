#!/usr/bin/env node
/** `spyglass-rules`: what alert rules there are, and what is wrong with own ones. `spyglass rules …` starts it with the server's own settings. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { parseArgs } from 'node:util'
import { fail } from './errors.ts'
import { explainRule, lintRules, listRules } from './rules/tell-rules.ts'

const HELP = `spyglass-rules list|lint|explain [NAME] [--rules DIR] [--json]

  list           every alert rule, and which engines can have it
  lint           what is wrong in the rules of DIR; exit code 1 when something is
  explain NAME   one rule as each engine has it, or why not

  --rules DIR    folder with own rules: alerting.rules
  --json         prints one JSON document instead of lines
  --help         show this help
`

try {
  process.exitCode = run(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`spyglass-rules: ${[codeOf(error), messageOf(error)].filter(Boolean).join(': ')}\n`)
  process.exitCode = 1
}

/** Returns the exit code. */
function run(args: string[]): number {
  const { values, positionals } = read(args)
  const [verb = '', name] = positionals
  if (values.help) return print(HELP)
  const { rules: folder, json = false } = values
  if (verb === 'list') return print(listRules({ folder, json }))
  if (verb === 'explain' && name !== undefined) return print(explainRule(name, { folder, json }))
  if (verb !== 'lint') throw fail('SPY_DASHBOARDS_ARGUMENTS', [`${verb || 'nothing'} is not one of list, lint and explain NAME`])
  const { text, isGood } = lintRules({ folder, json })
  print(text)
  return isGood ? 0 : 1
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function read(args: string[]) {
  try {
    const options = { rules: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const
    return parseArgs({ args, options, strict: true, allowPositionals: true })
  } catch (error) {
    throw fail('SPY_DASHBOARDS_ARGUMENTS', [messageOf(error)], error)
  }
}
