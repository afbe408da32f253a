/** Loaded into the test process: ends it when a mutant loops without end. CPU time, so a busy machine ends nothing. */
import { Worker } from 'node:worker_threads'

const limitMs = Number(process.env['SPYGLASS_MUTATION_CPU_MS'] ?? 0)
const watch = `
const begun = process.cpuUsage()
setInterval(() => {
  const { user, system } = process.cpuUsage(begun)
  if ((user + system) / 1000 > ${limitMs}) process.kill(process.pid, 'SIGKILL')
}, 1000)`
const guarded = globalThis as { mutationGuard?: Worker }
if (limitMs > 0 && !guarded.mutationGuard) {
  guarded.mutationGuard = new Worker(watch, { eval: true, execArgv: [] })
  guarded.mutationGuard.unref()
}
