/** Deployments and reloads under load cost no request, and leave nothing in the server. `npm run soak -- deploys` does the same for longer. */
import { expect, test } from 'vitest'
import { DeployRounds, KEPT_VERSIONS, PASSING_DESCRIPTORS } from '../support/deploy-rounds.ts'
import { repetitions } from '../support/repetitions.ts'
import { tempFolder } from '../support/temp-folder.ts'

const DEPLOYS = repetitions(8)
const RELOADS = repetitions(8)

test.runIf(process.platform === 'linux')('no request fails while an application is deployed and reloaded again and again', async () => {
  await using rounds = await DeployRounds.start(tempFolder())
  await rounds.deploy()
  await rounds.reload()
  const before = await rounds.holdings()
  const { good, failures } = await rounds.underLoad(async () => {
    for (let i = 0; i < DEPLOYS; i++) await rounds.deploy()
    for (let i = 0; i < RELOADS; i++) await rounds.reload()
  })
  const after = await rounds.holdings()
  expect(failures).toEqual([])
  expect(good).toBeGreaterThan(DEPLOYS + RELOADS)
  expect(after.versions).toBe(KEPT_VERSIONS + 1) // and the one in service
  for (const process of ['holder', 'decider'] as const) {
    expect(after[process].descriptors).toBeLessThanOrEqual(before[process].descriptors + PASSING_DESCRIPTORS)
    expect(after[process].heapBytes / before[process].heapBytes).toBeLessThan(1.15) // few rounds: what is loaded at a first use weighs more
  }
})
