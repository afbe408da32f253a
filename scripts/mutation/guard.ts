/**
 * Loaded into the test process: ends it when a mutant loops without end or grows without bound. It counts CPU time, so that a busy machine
 * ends nothing; the tests of a target take a few seconds of it.
 */
import { Worker } from 'node:worker_threads'

const MAX_CPU_MS = 15_000
const MAX_BYTES = 1_500_000_000

const watch = `
const begun = process.cpuUsage()
setInterval(() => {
  const { user, system } = process.cpuUsage(begun)
  if ((user + system) / 1000 > ${MAX_CPU_MS} || process.memoryUsage.rss() > ${MAX_BYTES}) process.kill(process.pid, 'SIGKILL')
}, 250)`
const guarded = globalThis as { mutationGuard?: Worker }
if (!guarded.mutationGuard) {
  guarded.mutationGuard = new Worker(watch, { eval: true, execArgv: [] })
  guarded.mutationGuard.unref()
}
