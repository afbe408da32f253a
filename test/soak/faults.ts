/**
 * `npm run soak -- faults`: makes faults of every kind on real suites and prints the table of what they cost. Ends with code 1 when anything
 * was lost, doubled or left behind. A word as argument picks the groups whose name holds it.
 */
import process from 'node:process'
import { type FaultRow, isClean, tableText } from './fault-table.ts'
import { everyByteFlipped, type Ledger, randomDamages } from './log-damage.ts'
import { damagedFiles, disks, keeperKills, kills } from './suite-faults.ts'

const RANDOM_DAMAGES = 1000

const groups: Readonly<Record<string, () => Promise<readonly FaultRow[]>>> = {
  log: async () => [
    logRow('every byte of a log flipped, one at a time', await everyByteFlipped()),
    logRow('random flips, cuts and dropped writes in the log', await randomDamages(RANDOM_DAMAGES, 1)),
  ],
  disks,
  files: damagedFiles,
  keeper: keeperKills,
  processes: kills,
}

/** Requests that the damage itself destroyed are announced; lost is what is missing beyond them. */
function logRow(fault: string, { damages, acknowledged, unaccounted, lost, doubled }: Ledger): FaultRow {
  return { fault, times: damages, acknowledged, lost: unaccounted, doubled, orphans: 0, note: `${lost} destroyed, all announced` }
}

const rows: FaultRow[] = []
const [wanted = ''] = process.argv.slice(3)
for (const [name, run] of Object.entries(groups)) {
  if (!name.includes(wanted)) continue
  process.stderr.write(`faults: ${name} …\n`)
  rows.push(...(await run()))
}
process.stdout.write(`${tableText(rows)}\n`)
process.exitCode = rows.every(isClean) ? 0 : 1
