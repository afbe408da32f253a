/**
 * `npm run bench [-- NAME…] [-- --check | --update]`: runs bench/*.bench.ts one after the other, each in a process of its own. With one
 * name, other arguments are its own: `npm run bench -- agent-overhead --quick fetch`.
 * `--check` fails on a missed bar, or when a ratio lost 10 % against bench/baseline.json; `--update` writes that file.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../scripts/run-program.ts'
import { readArguments } from './arguments.ts'
import { judge, readBaseline, writeBaseline } from './baseline.ts'
import { type BenchResult, parseResults } from './result.ts'

const ENDING = '.bench.ts'
const { names, handedOn, check, update, complaints: wrong } = readArguments(process.argv.slice(2), benchNames())

const results: BenchResult[] = []
const broken = [...wrong]
for (const name of names) await run(name)
if (update) writeBaseline(results)
const complaints = [...broken, ...(check ? judge(results, readBaseline()) : [])]
for (const complaint of complaints) process.stderr.write(`bench: ${complaint}\n`)
process.exitCode = complaints.length === 0 ? 0 : 1

function benchNames(): string[] {
  return readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort()
}

async function run(name: string): Promise<void> {
  process.stderr.write(`bench: ${name} …\n`)
  const file = fileURLToPath(new URL(`${name}${ENDING}`, import.meta.url))
  const { code, output } = await runProgram(process.execPath, ['--conditions=spyglass-source', file, ...handedOn])
  const found = parseResults(output)
  process.stderr.write(output.replaceAll(/^\{"bench":.*\n/gm, '')) // tables and profiles, for people
  for (const result of found) process.stdout.write(`${JSON.stringify(result)}\n`)
  results.push(...found)
  if (code !== 0 || found.length === 0) broken.push(`${name} ended with ${code} and ${found.length} results`)
}
