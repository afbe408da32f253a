import { expect, test } from 'vitest'
import { loadAssets } from '../../../collector/src/console/assets.ts'

test('everything a visitor loads is less than 100 KB, compressed', () => {
  expect(loadAssets().compressedBytes).toBeLessThan(100 * 1024)
})
