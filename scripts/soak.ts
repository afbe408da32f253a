/** `npm run soak`: the tests against real processes, with SPYGLASS_SOAK=N telling those that repeat something to do it N times as often. */
import { runProgram } from './run-program.ts'

const factor = process.env['SPYGLASS_SOAK'] ?? '20'
process.stdout.write(`soak: every repetition ${factor} times as often (SPYGLASS_SOAK)\n`)
const args = ['run', '--project', 'process', '--testTimeout=3600000', '--hookTimeout=600000', ...process.argv.slice(2)]
const { code } = await runProgram('vitest', args, { inherit: true, environment: { SPYGLASS_SOAK: factor } })
process.exitCode = code
