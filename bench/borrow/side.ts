/** One side in a process of its own: prints the CPU of one borrow with its return, in microseconds, for each round. */
import { type DriverName, openPool, type Server, type Side } from './pools.ts'

const { driver, side, server, rounds, borrows } = JSON.parse(process.argv[2] ?? '') as {
  readonly driver: DriverName
  readonly side: Side
  readonly server: Server
  readonly rounds: number
  readonly borrows: number
}

const pool = await openPool(driver, side, server)

async function cpuOf(times: number): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) await pool.once()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

await cpuOf(borrows) // until V8 has compiled it
const figures: number[] = []
for (let round = 0; round < rounds; round++) figures.push(await cpuOf(borrows))
process.stdout.write(JSON.stringify(figures))
await pool.close()
