/** What a benchmark prints: one line of JSON on standard output, with the machine and the spread. */
import { cpus, totalmem } from 'node:os'

export interface Figure {
  readonly value: number
  readonly unit: string
  /** Which way is better. */
  readonly better: 'lower' | 'higher'
  /** Lower and upper end of the 95 % interval, where it is known. */
  readonly low?: number
  readonly high?: number
  /** Whether it compares two things measured in the same run, so that it holds on any machine. Only such figures are compared with committed ones. */
  readonly isRatio?: boolean
  /** The bar it must hold, where there is one. */
  readonly bar?: number
}

export interface BenchResult {
  readonly bench: string
  readonly figures: Readonly<Record<string, Figure>>
  readonly machine: string
  readonly node: string
  readonly seconds: number
}

/** Processor, cores and memory, for people. */
export function machine(): string {
  const all = cpus()
  return `${all[0]?.model.trim() ?? 'unknown'} × ${all.length}, ${Math.round(totalmem() / 2 ** 30)} GiB`
}

/** Prints the result of a benchmark; `startedMs` is `performance.now()` at its beginning. */
export function printResult(bench: string, figures: Readonly<Record<string, Figure>>, startedMs: number): void {
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10
  const result: BenchResult = { bench, figures, machine: machine(), node: process.versions.node, seconds }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

/** The results among a benchmark's lines; other lines are for people. */
export function parseResults(output: string): BenchResult[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{"bench":'))
    .map((line) => JSON.parse(line) as BenchResult)
}
