#!/usr/bin/env node
/** `spyglass-collector`: OTLP, write-ahead log, alerts, query API and console as a process of its own. */
import { runOwnProcess } from '@spyglass/agent/own-process'
import { runCollector } from './collector.ts'

await runOwnProcess(() => runCollector(process.argv.slice(2)))
