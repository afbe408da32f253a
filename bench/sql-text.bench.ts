/** CPU of the SQL normaliser for a text of 512 KiB and one of twice the length, up to 1 MB: the bar of the factor is 2.2. `--quick`: fewer rounds. */
import { normaliseSql } from '../agent/src/sql/normalise.ts'
import { median } from './statistics.ts'
import { printResult } from './result.ts'

const started = performance.now()
const ROUNDS = process.argv.includes('--quick') ? 3 : 9
const ONCE = 500_000
/** Many systems count CPU time in ticks of up to 10 ms. */
const MEASURED_MS = 100

const SHAPES: Readonly<Record<string, readonly [head: string, part: string]>> = {
  'numbers of a list': ['SELECT a IN (', '1234, '],
  'lists in a list': ['SELECT a IN (', '(1,2),'],
  rows: ['INSERT INTO t VALUES (1)', ', (1, f(2))'],
  semicolons: ['', ' ;'],
  strings: ['SELECT ', "'a' "],
  comments: ['SELECT ', '--\n'],
  names: ['SELECT ', 'column_name, '],
}

/** CPU of this thread for one run, in milliseconds. */
function cpuOf(text: string): number {
  const before = process.threadCpuUsage()
  for (let runs = 1; ; runs++) {
    normaliseSql(text, 'postgresql')
    const { user, system } = process.threadCpuUsage(before)
    if (user + system >= MEASURED_MS * 1000) return (user + system) / 1000 / runs
  }
}

function factorOf([head, part]: readonly [string, string]): number {
  const once = head + part.repeat(ONCE / part.length)
  const twice = head + part.repeat((2 * ONCE) / part.length)
  cpuOf(twice)
  return median(Array.from({ length: ROUNDS }, () => cpuOf(twice) / cpuOf(once)))
}

const factors = Object.entries(SHAPES).map(([name, shape]) => [name, factorOf(shape)] as const)
const figures = factors.map(
  ([name, value]) => [name, { value: Math.round(value * 100) / 100, unit: 'ratio', better: 'lower', isRatio: true, bar: 2.2 }] as const,
)
printResult('sql-text', Object.fromEntries(figures), started)
