import { expect, test } from 'vitest'
import { Found } from '../../../collector/src/decode/found.ts'

test('positions of the chosen keys are kept, others passed over, and all are forgotten for the next span', () => {
  const found = new Found(['a', 'b'])
  found.note(1, 5, 9)
  found.note(2, 7, 8)
  expect([...found.at]).toEqual([0, 0, 5, 9])
  found.clear()
  expect([...found.at]).toEqual([0, 0, 0, 0])
})
