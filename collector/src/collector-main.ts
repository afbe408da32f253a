#!/usr/bin/env node
/** `spyglass-collector`: OTLP, write-ahead log, alerts, query API and console as a process of its own. */
import { codeOf } from '@spyglass/agent/contract'
import { runCollector } from './collector.ts'

const HELP = `spyglass-collector [--config FILE] [--data DIR] [--port-offset N]
Takes OTLP over HTTP, writes it ahead, puts it into the store, evaluates alert rules and serves the console.
`

if (process.argv.includes('--help')) {
  process.stdout.write(HELP)
  process.exit(0)
}

try {
  await runCollector(process.argv.slice(2))
} catch (error) {
  const code = codeOf(error) ?? 'SPY_COLLECTOR_FAILED'
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${code}: ${message}\n`)
  if (process.send) process.send({ type: 'failed', code, message }, () => process.exit(1))
  else process.exit(1)
}
