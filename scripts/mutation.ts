/**
 * `npm run mutation [-- NAME…] [-- --all]`: changes the sources of scripts/mutation/targets.ts one place at a time and runs their unit tests;
 * a change that no test notices survives and is printed. Without --all a sample is tried, chosen by --seed (default 1); `--at FILE[:LINE]`
 * tries every change there. Fails when a target keeps more than a tenth of its mutants alive, or has nothing to change or to run.
 * The files themselves are not touched: vitest is handed the changed text.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { changeOf, type Mutant, mutantsOf } from './mutation/mutants.ts'
import { type Case, MutantRunner } from './mutation/runner.ts'
import { equivalents, filesOf, type Target, targets } from './mutation/targets.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SAMPLE = 40
const MIN_KILLED = 0.9

const { values, positionals } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    at: { type: 'string' },
    seed: { type: 'string', default: '1' },
    sample: { type: 'string', default: String(SAMPLE) },
  },
  allowPositionals: true,
})

const unknown = positionals.filter((name) => !targets.some((target) => target.name === name))
if (unknown.length > 0) throw new Error(`no such target: ${unknown.join(', ')}. There are: ${targets.map(({ name }) => name).join(', ')}`)
const results: boolean[] = []
for (const target of targets) {
  const isNamed = positionals.length === 0 || positionals.includes(target.name)
  const all = isNamed ? filesOf(target, ROOT).flatMap((file) => casesOf(file)) : []
  const chosen = chosenOf(all)
  if (chosen.length > 0) results.push(await tryTarget(target, { chosen, count: all.length }))
}
if (results.length === 0) print(`nothing to change at ${values.at}: no target contains it`)
process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1

function chosenOf(all: readonly Case[]): readonly Case[] {
  if (values.at !== undefined) return all.filter(({ file, line }) => values.at === file || values.at === `${file}:${line}`)
  return values.all ? all : sampled(all, Number(values.sample), Number(values.seed))
}

interface Cases {
  readonly chosen: readonly Case[]
  /** Of all mutants. */
  readonly count: number
}

/** The tests must pass on unchanged code afterwards as well: one that fails by itself would kill everything. */
async function tryTarget(target: Target, cases: Cases): Promise<boolean> {
  const runner = await MutantRunner.start(ROOT, target)
  try {
    const isGood = (await runner.passesUnchanged()) && (await tryAll(runner, target.name, cases))
    const isSound = await runner.passesUnchanged()
    if (!isSound) print(`${target.name}: its tests fail on unchanged code`)
    return isGood && isSound
  } finally {
    await runner.stop()
  }
}

async function tryAll(runner: MutantRunner, name: string, { chosen, count }: Cases): Promise<boolean> {
  let killed = 0
  for (const [tried, each] of chosen.entries()) {
    if (tried > 0 && tried % 10 === 0) print(`  ${name}: ${killed} of ${tried} killed so far`)
    if (await runner.survives(each)) print(`  survived ${describe(each)}`)
    else killed++
  }
  print(`${name}: ${killed} of ${chosen.length} killed (${Math.round((killed / chosen.length) * 100)} %), ${count} mutants in all`)
  return killed >= chosen.length * MIN_KILLED
}

function casesOf(file: string): Case[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return mutantsOf(text)
    .filter((mutant) => !isEquivalent(file, text, mutant))
    .map((mutant) => ({ ...mutant, file }))
}

function isEquivalent(file: string, text: string, mutant: Mutant): boolean {
  const line = text.split('\n')[mutant.line - 1]?.trim()
  return equivalents.some(
    (each) => each.file === file && each.line === line && (each.change ?? changeOf(text, mutant)) === changeOf(text, mutant),
  )
}

/** The same sample for the same seed: a multiplicative generator (Park and Miller) shuffles. */
function sampled(all: readonly Case[], count: number, seed: number): Case[] {
  let state = seed % 2_147_483_647 || 1
  const keyed = all.map((each) => {
    state = (state * 48_271) % 2_147_483_647
    return { each, key: state }
  })
  return keyed
    .toSorted((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ each }) => each)
}

function describe(mutant: Case): string {
  return `${mutant.file}:${mutant.line}: ${changeOf(readFileSync(join(ROOT, mutant.file), 'utf8'), mutant)}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
