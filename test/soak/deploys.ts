/**
 * `npm run soak -- deploys`: an application is deployed 200 times and reloaded 200 times under load, then reloaded 1,000 times without. Prints
 * the requests and what the holder and the decider hold; fails when a request failed, when a heap has grown by more than 5 % over the 1,000
 * reloads, or when descriptors or versions on the disk grow. SPYGLASS_SOAK_DEPLOYS=20 makes all three numbers a tenth.
 */
import { DeployRounds, type Holdings, KEPT_VERSIONS, PASSING_DESCRIPTORS } from '../support/deploy-rounds.ts'
import type { Traffic } from '../support/request-load.ts'
import { newDataFolder, removeFolder } from '../support/store-process.ts'

const DEPLOYS = Number(process.env['SPYGLASS_SOAK_DEPLOYS'] ?? '200')
const RELOADS = DEPLOYS
const FURTHER_RELOADS = DEPLOYS * 5
const GROWTH_BAR = 1.05

const data = newDataFolder()
const problems: string[] = []
try {
  await using rounds = await DeployRounds.start(data)
  const start = await rounds.holdings()
  print('at the start', start)
  const deploys = await rounds.underLoad(() => repeat(DEPLOYS, () => rounds.deploy()))
  printTraffic(`${DEPLOYS} deploys`, deploys)
  const reloads = await rounds.underLoad(() => repeat(RELOADS, () => rounds.reload()))
  printTraffic(`${RELOADS} reloads`, reloads)
  const before = await rounds.holdings()
  print('after both', before)
  await repeat(FURTHER_RELOADS, () => rounds.reload())
  const after = await rounds.holdings()
  print(`after ${FURTHER_RELOADS} more reloads`, after)
  judge([start, before, after])
} finally {
  removeFolder(data)
}
for (const problem of problems) say(`FAILED: ${problem}`)
process.exitCode = problems.length === 0 ? 0 : 1

async function repeat(times: number, action: () => Promise<void>): Promise<void> {
  for (let i = 0; i < times; i++) await action()
}

function printTraffic(name: string, { good, failures }: Traffic): void {
  say(`${name}: ${good} requests answered, ${failures.length} failed`)
  if (failures.length > 0) problems.push(`${name}: ${failures.slice(0, 5).join('; ')}`)
}

function print(name: string, { holder, decider, versions }: Holdings): void {
  const shown = Object.entries({ holder, decider }).map(
    ([process, { heapBytes, descriptors }]) => `${process} heap ${(heapBytes / 2 ** 20).toFixed(2)} MiB, ${descriptors} descriptors`,
  )
  say(`${name}: ${shown.join('; ')}; ${versions} versions on the disk`)
}

function judge([start, before, after]: readonly [Holdings, Holdings, Holdings]): void {
  for (const process of ['holder', 'decider'] as const) {
    const growth = after[process].heapBytes / before[process].heapBytes
    say(`${process}: heap × ${growth.toFixed(3)} over ${FURTHER_RELOADS} reloads`)
    if (growth > GROWTH_BAR) problems.push(`the heap of the ${process} has grown by ${((growth - 1) * 100).toFixed(1)} %`)
    if (after[process].descriptors > start[process].descriptors + PASSING_DESCRIPTORS)
      problems.push(`the ${process} has more descriptors than at the start`)
  }
  if (after.versions > KEPT_VERSIONS + 1) problems.push(`${after.versions} versions are kept`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
