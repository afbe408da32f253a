#!/usr/bin/env node
/** `spyglass-rules-test`: plays recorded incidents through every engine. `spyglass rules test` starts it with the server's own settings. */
import { parseArgs } from 'node:util'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { loadRecordings, loadRules, type Rule, SHIPPED_RULES, shippedRules } from '@spyglass/dashboards'
import { SpyglassConfig } from '@spyglass/process/config'
import { createLogger } from '@spyglass/process/logger'
import { fail } from './replay/errors.ts'
import { reportOf } from './replay/report.ts'
import { type TestedRule, testRules } from './replay/test-rules.ts'

const HELP = `spyglass-rules-test [NAME] [--rules DIR] [--instance-down-after-ms MS] [--without-prometheus] [--json]

  NAME                         one rule; all by default
  --rules DIR                  folder with own rules: alerting.rules
  --instance-down-after-ms MS  alerting.instanceDownAfterMs
  --without-prometheus         leaves Prometheus out
  --json                       prints one JSON document instead of lines
  --help                       show this help

Exit code 1 when an engine fires or clears more than an interval apart from the others, or a rule of its own is wrong.
`

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`spyglass-rules-test: ${[codeOf(error), messageOf(error)].filter(Boolean).join(': ')}\n`)
  process.exitCode = 1
}

/** Returns the exit code. */
async function run(args: string[]): Promise<number> {
  const { values, positionals } = read(args)
  if (values.help) return print(HELP)
  const own = ownRules(values.rules)
  const tested = [
    ...shippedRules().map((rule) => withRecordings(SHIPPED_RULES, rule)),
    ...own.map((rule) => withRecordings(values.rules!, rule)),
  ]
  const chosen = positionals[0] === undefined ? tested : tested.filter(({ rule }) => rule.name === positionals[0])
  if (chosen.length === 0) throw fail('SPY_RULES_TEST_ARGUMENTS', [`there is no rule ${positionals[0]}`])
  const instanceDownAfterMs = values['instance-down-after-ms']
  const { alerting } = SpyglassConfig.parse({
    alerting: instanceDownAfterMs === undefined ? {} : { instanceDownAfterMs: Number(instanceDownAfterMs) },
  })
  const logger = createLogger({ process: 'rules-test', level: 'silent' })
  const verdicts = await testRules({ tested: chosen, own, alerting, logger, withPrometheus: values['without-prometheus'] !== true })
  const { text, isGood } = reportOf(chosen, verdicts)
  print(values.json === true ? `${JSON.stringify(verdicts)}\n` : text)
  return isGood ? 0 : 1
}

/** @throws SPY_RULES_TEST_WRONG when one of them is no rule */
function ownRules(folder: string | undefined): readonly Rule[] {
  if (folder === undefined) return []
  const { rules, wrong } = loadRules(folder, shippedRules())
  if (wrong[0]) throw fail('SPY_RULES_TEST_WRONG', [wrong[0].file, wrong[0].mistakes.join('; ')])
  return rules
}

function withRecordings(folder: string, rule: Rule): TestedRule {
  return { rule, recordings: loadRecordings(folder, rule) }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function read(args: string[]) {
  try {
    const options = {
      rules: { type: 'string' },
      'instance-down-after-ms': { type: 'string' },
      'without-prometheus': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    } as const
    return parseArgs({ args, options, strict: true, allowPositionals: true })
  } catch (error) {
    throw fail('SPY_RULES_TEST_ARGUMENTS', [messageOf(error)], error)
  }
}
