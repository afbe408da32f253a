import { expect, test } from 'vitest'
import type { StoreSession } from '../../../collector/src/store/session.ts'
import { createSessionPool } from '../../../collector/src/store/session-pool.ts'
import { createSizeSampler } from '../../../collector/src/store/size-sampler.ts'
import { until } from '../../support/until.ts'

test('sizes are read in the background; a failed reading keeps the figures and says why', async () => {
  let answer: () => string = () => '10\t2000\t3\n'
  const session = { query: async () => ({ bytes: Buffer.from(answer()), rows: 1 }) } as unknown as StoreSession
  const sampler = createSizeSampler(createSessionPool([session], 1), 5)
  expect(sampler.size()).toEqual({ rows: 0, bytesOnDisk: 0, parts: 0, failure: undefined })
  await until(() => sampler.size().rows === 10)
  answer = () => {
    throw new TypeError('gone')
  }
  await until(() => sampler.size().failure !== undefined)
  expect(sampler.size()).toEqual({ rows: 10, bytesOnDisk: 2000, parts: 3, failure: 'gone' })
  sampler.stop()
})
