#!/usr/bin/env node
/** `spyglass-store` as a process of its own. */
import { runOwnProcess } from '@spyglass/process/own-process'

await runOwnProcess({
  command: 'spyglass-store',
  summary: 'an embedded ClickHouse server',
  options: '  --dry-run          print the statements that would migrate older tables, and exit\n',
  main: async (argv) => {
    const { runStore } = await import('./store/process.ts')
    await runStore(argv)
  },
})
