import { expect, test } from 'vitest'
import { everyByteFlipped, randomDamages } from '../../soak/log-damage.ts'
import { repetitions } from '../../support/repetitions.ts'

const exact = { unaccounted: 0, torn: 0, doubled: 0 }

test('a flipped byte anywhere in the log costs at most the entry that it is in, and is announced', { timeout: 60_000 }, async () => {
  const ledger = await everyByteFlipped(3, Math.max(1, Math.round(13 / repetitions(1))))
  expect(ledger).toMatchObject(exact)
  expect(ledger.worst).toBe(1)
  expect(ledger.lost).toBeGreaterThan(50)
})

test('after random flips, cuts and dropped writes the losses are those that were announced', { timeout: 60_000 }, async () => {
  const ledger = await randomDamages(repetitions(300), Number(process.env['SPYGLASS_SEED'] ?? 20_261_126))
  expect(ledger).toMatchObject(exact)
  expect(ledger.lost).toBeGreaterThan(50)
})
