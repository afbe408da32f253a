#!/usr/bin/env node
/** `spyglass-store` as a process of its own. */
import './store/thread-pool.ts'
import { runOwnProcess } from '@spyglass/process/own-process'

await runOwnProcess({
  command: 'spyglass-store',
  summary: 'an embedded ClickHouse server',
  main: async (argv) => {
    const { runStore } = await import('./store/process.ts')
    await runStore(argv)
  },
})
