#!/usr/bin/env node
/** `spyglass-collector` as a process of its own. */
import { runOwnProcess } from '@spyglass/process/own-process'
import { runCollector } from './collector.ts'

await runOwnProcess({
  command: 'spyglass-collector',
  summary: 'OTLP receiver with write-ahead log, alerts, query API and console',
  main: runCollector,
})
