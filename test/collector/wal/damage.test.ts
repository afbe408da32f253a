import { expect, test } from 'vitest'
import { damagesWithoutCount, everyByteFlipped, randomDamages } from '../../soak/log-damage.ts'
import { repetitions } from '../../support/repetitions.ts'

const seed = Number(process.env['SPYGLASS_SEED'] ?? 20_261_126)
const exact = { unaccounted: 0, unannounced: 0, torn: 0, doubled: 0 }

test('a flipped byte anywhere in the log costs at most the entry that it is in, and is announced', { timeout: 60_000 }, async () => {
  const ledger = await everyByteFlipped(3, Math.max(1, Math.round(13 / repetitions(1))))
  expect(ledger).toMatchObject(exact)
  expect(ledger.worst).toBe(1)
  expect(ledger.lost).toBeGreaterThan(50)
})

test('after random flips, cuts and dropped writes the losses are those that were announced', { timeout: 60_000 }, async () => {
  const ledger = await randomDamages(repetitions(300), seed)
  expect(ledger).toMatchObject(exact)
  expect(ledger.lost).toBeGreaterThan(50)
})

test('no loss is taken for a torn tail where the count of what was acknowledged is damaged as well', { timeout: 60_000 }, async () => {
  const { unannounced, torn, doubled, lost } = await damagesWithoutCount(repetitions(300), seed)
  expect({ unannounced, torn, doubled }).toEqual({ unannounced: 0, torn: 0, doubled: 0 })
  expect(lost).toBeGreaterThan(50)
})
