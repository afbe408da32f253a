import { expect, test } from 'vitest'
import { OpenError } from '../../../../collector/src/store/engine/chdb.ts'
import { createEngineHost } from '../../../../collector/src/store/engine/engine-host.ts'
import type { FromEngine } from '../../../../collector/src/store/engine/messages.ts'

test('every call has one reply, also one for a session that there is not', async () => {
  const sent: FromEngine[] = []
  const host = createEngineHost(
    () => {
      throw new OpenError(7, new Error('in use'))
    },
    (message) => sent.push(message),
  )
  await host.handle({ id: 1, type: 'query', session: 7, sql: 'SELECT 1', format: 'TSV' })
  await host.handle({ id: 2, type: 'cancel', session: 7 })
  await host.handle({ id: 3, type: 'close', session: 7 })
  await host.handle({ id: 4, type: 'next', session: 7 })
  await host.handle({ id: 5, type: 'open', session: 1, settings: {}, thread: 0 })
  expect(sent).toEqual([
    { id: 1, type: 'error', message: expect.stringContaining('There is no session 7') },
    { id: 2, type: 'reply', value: undefined },
    { id: 3, type: 'reply', value: undefined },
    { id: 4, type: 'error', message: expect.stringContaining('There is no session 7') },
    { id: 5, type: 'error', message: 'in use', owner: 7 },
  ])
})
