import { expect, test } from 'vitest'
import { within } from '../../../runtime/src/application/within.ts'

test('what takes longer is no longer waited for, and what fails in time fails', async () => {
  await expect(within(1, new Promise(() => {}))).resolves.toBeUndefined()
  await expect(within(60_000, Promise.resolve('value'))).resolves.toBeUndefined()
  await expect(within(60_000, Promise.reject(new Error('closed')))).rejects.toThrow('closed')
})
