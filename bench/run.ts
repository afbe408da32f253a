/**
 * `npm run bench [-- NAME…] [-- --check | --update]`: runs bench/*.bench.ts one after the other, each in a process of its own.
 * `--check` fails on a missed bar, or when a ratio lost 10 % against bench/baseline.json; `--update` writes that file.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runProgram } from '../scripts/run-program.ts'
import { judge, readBaseline, writeBaseline } from './baseline.ts'
import { type BenchResult, parseResults } from './result.ts'

const ENDING = '.bench.ts'
const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false }, update: { type: 'boolean', default: false } },
  allowPositionals: true,
})

const results: BenchResult[] = []
const broken: string[] = []
for (const name of benchNames()) await run(name)
if (values.update) writeBaseline(results)
const complaints = [...broken, ...(values.check ? judge(results, readBaseline()) : [])]
for (const complaint of complaints) process.stderr.write(`bench: ${complaint}\n`)
process.exitCode = complaints.length === 0 ? 0 : 1

function benchNames(): string[] {
  const all = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort()
  const unknown = positionals.filter((name) => !all.includes(name))
  for (const name of unknown) broken.push(`no such benchmark: ${name}. There is: ${all.join(', ')}`)
  return positionals.length === 0 ? all : all.filter((name) => positionals.includes(name))
}

async function run(name: string): Promise<void> {
  process.stderr.write(`bench: ${name} …\n`)
  const file = fileURLToPath(new URL(`${name}${ENDING}`, import.meta.url))
  const { code, output } = await runProgram(process.execPath, ['--conditions=spyglass-source', file])
  const found = parseResults(output)
  process.stderr.write(output.replaceAll(/^\{"bench":.*\n/gm, '')) // tables and profiles, for people
  for (const result of found) process.stdout.write(`${JSON.stringify(result)}\n`)
  results.push(...found)
  if (code !== 0 || found.length === 0) broken.push(`${name} ended with ${code} and ${found.length} results`)
}
