import { expect, test } from 'vitest'
import { genericPool, sequelizePool, tarn } from '../../../agent/src/instrument/pools.ts'
import { type Recorded, formsOf, recorded } from '../../support/instrumented.ts'

/** A pool of one: the request waits until what is held is released, which is not before a child is made of its wait. */
const programOf = (pool: string): string => `${pool}
async function main(): Promise<void> {
  const held = await acquire()
  const waiting = inRequest(async () => pool.release(await acquire()))
  while (pending() === 0) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 5))
  await pool.release(held)
  await waiting
}
declare const inRequest: (handler: () => unknown) => Promise<string>
`

const GENERIC = `import genericPool from 'generic-pool'
const pool = genericPool.createPool({ create: async () => ({}), destroy: async () => {} }, { max: 1 })
const acquire = () => pool.acquire()
const pending = () => pool.pending
`
const TARN = `import tarn from 'tarn'
const pool = new tarn.Pool({ create: async () => ({}), destroy: () => {}, min: 0, max: 1 })
const acquire = () => pool.acquire().promise
const pending = () => pool.numPendingAcquires()
`
const SEQUELIZE = `import * as sequelizePool from 'sequelize-pool'
const pool = new sequelizePool.Pool({ create: async () => ({}), destroy: () => {}, validate: () => true, min: 0, max: 1 })
const acquire = () => pool.acquire()
const pending = () => pool.waiting
`

function expectOneWait({ traces, sink }: Recorded, library: string): void {
  expect(traces.map(({ children }) => children.map(({ name }) => name))).toEqual([
    [expect.stringMatching(new RegExp(String.raw`^wait ${library} \S+\.[cm]?[jt]s:\d+$`))],
  ])
  const counts = sink.points.filter(({ metric }) => metric === 'db.client.connection.wait_time').map(({ count }) => Number(count))
  expect(counts).toEqual([2])
}

test('waits for a pool of generic-pool are recorded, in each form', async () => {
  for (const form of formsOf(genericPool)) expectOneWait(await recorded(programOf(GENERIC), { form }), 'generic-pool')
})

test('waits for a pool of tarn are recorded, in each form', async () => {
  for (const form of formsOf(tarn)) expectOneWait(await recorded(programOf(TARN), { form }), 'tarn')
})

test('waits for a pool of sequelize-pool are recorded, in each form', async () => {
  for (const form of formsOf(sequelizePool)) expectOneWait(await recorded(programOf(SEQUELIZE), { form }), 'sequelize-pool')
})
