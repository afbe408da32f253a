#!/usr/bin/env node
/** `spyglass-store`: the embedded ClickHouse server as a process of its own. */
import './store/thread-pool.ts'
import { runOwnProcess } from '@spyglass/agent/own-process'

await runOwnProcess(async () => {
  const { runStore } = await import('./store/process.ts')
  await runStore(process.argv.slice(2))
})
