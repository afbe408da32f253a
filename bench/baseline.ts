/** The committed figures, and how far new ones may fall behind them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BenchResult, Figure } from './result.ts'

export type Baseline = Readonly<Record<string, BenchResult>>

const FILE = fileURLToPath(new URL('baseline.json', import.meta.url))

/** A loss of more than this part of the committed figure fails. */
const TOLERANCE = 0.1

export function readBaseline(file: string = FILE): Baseline {
  return JSON.parse(readFileSync(file, 'utf8')) as Baseline
}

/** Puts the new results in the place of the old ones; those of other benchmarks stay. */
export function writeBaseline(results: readonly BenchResult[], file: string = FILE): void {
  const all = { ...readBaseline(file), ...Object.fromEntries(results.map((result) => [result.bench, result])) }
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify(sorted, undefined, 2)}\n`)
}

/**
 * What is wrong with the results: a missed bar of any figure, a loss of a ratio. Other figures are not compared with the committed ones: they say as much
 * about the machine, and about what else runs on it, as about the code.
 */
export function judge(results: readonly BenchResult[], baseline: Baseline): string[] {
  return results.flatMap((result) =>
    Object.entries(result.figures).flatMap(([name, figure]) => {
      const before = baseline[result.bench]?.figures[name]
      return [...missedBar(figure), ...(figure.isRatio && before ? loss(figure, before) : [])].map(
        (text) => `${result.bench} ${name}: ${text}`,
      )
    }),
  )
}

/** The worse end of the interval counts: a mean below the bar with a wide spread shows nothing. */
function missedBar({ value, low = value, high = value, bar, better, unit }: Figure): string[] {
  const worse = better === 'lower' ? high : low
  if (bar === undefined || (better === 'lower' ? worse <= bar : worse >= bar)) return []
  const spread = worse === value ? '' : ` (${low} … ${high})`
  return [`${value}${spread} ${unit} misses the bar of ${bar}`]
}

/** The better end of the interval counts: a loss that the spread may explain is not shown. */
function loss({ value, low = value, high = value, better, unit }: Figure, before: Figure): string[] {
  const isWorse = better === 'lower' ? low > before.value * (1 + TOLERANCE) : high < before.value * (1 - TOLERANCE)
  return isWorse ? [`${value} ${unit}, was ${before.value}`] : []
}
