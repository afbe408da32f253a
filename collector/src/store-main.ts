#!/usr/bin/env node
/** `spyglass-store`: the embedded ClickHouse server as a process of its own. */
import './store/thread-pool.ts'
import { codeOf } from '@spyglass/agent/contract'

try {
  const { runStore } = await import('./store/process.ts')
  await runStore(process.argv.slice(2))
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${codeOf(error) ?? 'SPY_STORE_OPEN_FAILED'}: ${message}\n`)
  if (process.send) process.send({ type: 'failed', code: codeOf(error) ?? 'SPY_STORE_OPEN_FAILED', message }, () => process.exit(1))
  else process.exit(1)
}
