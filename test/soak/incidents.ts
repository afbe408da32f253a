/**
 * `npm run soak -- incidents`: 50 random kills of processes and receivers during 200 incidents. Prints what each receiver knows at the end; fails when a raise or
 * a clear is missing, or somebody believes that an incident is still open. `SPYGLASS_SOAK_KILLS`, `SPYGLASS_SOAK_INCIDENTS` and `SPYGLASS_SOAK_SEED` change it.
 */
import { newDataFolder, removeFolder } from '../support/store-process.ts'
import { killDuringIncidents } from './incident-kills.ts'
import { incidentTable } from './incident-table.ts'
import { seededRandom } from '../support/seeded-random.ts'

const numberFrom = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const seed = numberFrom('SPYGLASS_SOAK_SEED', Date.now() % 1_000_000)
const folder = newDataFolder()
process.stdout.write(`seed ${seed}\n`)
const { kills, incidents, rows } = await killDuringIncidents(folder, {
  kills: numberFrom('SPYGLASS_SOAK_KILLS', 50),
  incidents: numberFrom('SPYGLASS_SOAK_INCIDENTS', 200),
  random: seededRandom(seed),
  onProgress: (text) => process.stderr.write(`${text}\n`),
})
const isClean = rows.every(({ missing, open }) => missing === 0 && open === 0)
process.stdout.write(`${incidents} incidents; killed: ${[...kills].map(([name, count]) => `${name} ${count}`).join(', ')}\n\n`)
process.stdout.write(`${incidentTable(rows)}\n`)
if (isClean) removeFolder(folder)
else process.stdout.write(`the server's files are in ${folder}\n`)
process.exitCode = isClean ? 0 : 1
