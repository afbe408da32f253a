/** `npm run check`: format, lint, types, unused code, architecture and docs; all of it, also when a part fails, with a summary. */
import { type ProgramResult, runProgram } from './run-program.ts'

interface Part {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
}

const parts: readonly Part[] = [
  { name: 'format', program: 'oxfmt', args: ['--check', '.'] },
  { name: 'lint', program: 'oxlint', args: ['--type-aware', '.'] },
  { name: 'types', program: 'tsc', args: ['-p', '.'] },
  { name: 'types of the console', program: 'tsc', args: ['-p', 'collector/src/console/browser'] },
  { name: 'unused', program: 'knip', args: ['--no-progress'] },
  {
    name: 'architecture and docs',
    program: 'vitest',
    args: ['run', '--project', 'unit', 'test/architecture', 'test/docs', 'test/scripts'],
  },
]

const started = performance.now()
const results = await Promise.all(parts.map(async (part) => report(part, await runProgram(part.program, part.args))))
const failed = results.filter(({ code }) => code !== 0)
for (const { part, output } of failed) process.stdout.write(`\n── ${part.name} ──\n${output}\n`)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
process.stdout.write(`check: ${results.length - failed.length} of ${results.length} passed in ${seconds} s\n`)
process.exitCode = failed.length > 0 ? 1 : 0

function report(part: Part, result: ProgramResult): ProgramResult & { part: Part } {
  process.stdout.write(`${result.code === 0 ? '✓' : '✗'} ${part.name} (${result.seconds.toFixed(1)} s)\n`)
  return { ...result, part }
}
