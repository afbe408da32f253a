import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { systemClock } from '../../../runtime/src/clock/clock.ts'
import { outsideContext } from '../../../runtime/src/clock/outside-context.ts'

test('what runs outside sees no request, and its timers see none either', async () => {
  const requests = new AsyncLocalStorage<string>()
  await requests.run('a', async () => {
    expect(outsideContext(() => requests.getStore())).toBeUndefined()
    const seen = await new Promise((resolve) => systemClock.after(1, () => resolve(requests.getStore())))
    expect(seen).toBeUndefined()
    expect(requests.getStore()).toBe('a')
  })
})
