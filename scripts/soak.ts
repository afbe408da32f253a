/**
 * `npm run soak`: the tests against real processes, with SPYGLASS_SOAK=N telling those that repeat something to do it N times as often.
 * `npm run soak -- NAME` runs test/soak/NAME.ts, which prints what it measures: `backlog`, `faults`, `incidents`, `deploys`, `next`.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

const [name = ''] = process.argv.slice(2)
const script = join(import.meta.dirname, '../test/soak', `${name}.ts`)
if (/^[a-z-]+$/.test(name) && existsSync(script)) await import(script)
else await repeatTests()

async function repeatTests(): Promise<void> {
  const factor = process.env['SPYGLASS_SOAK'] ?? '20'
  process.stdout.write(`soak: every repetition ${factor} times as often (SPYGLASS_SOAK)\n`)
  const args = [
    'run',
    '--project',
    'process',
    '--project',
    'e2e',
    '--testTimeout=3600000',
    '--hookTimeout=600000',
    ...process.argv.slice(2),
  ]
  const { code } = await runProgram('vitest', args, { inherit: true, environment: { SPYGLASS_SOAK: factor } })
  process.exitCode = code
}
