/**
 * What is left when the process ends. The spool has it already, or takes it now; a process that ends by itself still has a loop, and uses
 * it to send where no collector reads the spool. Signals are left alone, and an application that has listeners of its own for `beforeExit`
 * is: work of ours would have them called twice.
 */
import process from 'node:process'
import { guarded } from '../guard/guard.ts'
import type { SpyglassAgent } from './spyglass-agent.ts'

const FLUSH_MS = 450

export function flushAtExit(agent: SpyglassAgent): void {
  let flushed = false
  const flush = guarded('beforeExit', () => {
    if (flushed || process.listenerCount('beforeExit') > 1) return
    flushed = true
    if (agent.exporter.isFailing || agent.isSpoolRead) return
    void agent.sendSpools()
    void agent.flush(FLUSH_MS)
  })
  process.on('beforeExit', flush)
  process.on(
    'exit',
    guarded('exit', (code: number) => {
      agent.settle()
      agent.spool?.end(code)
    }),
  )
}
