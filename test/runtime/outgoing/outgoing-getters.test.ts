import { expect, test } from 'vitest'
import { CallFigures, outgoingGetters } from '../../../runtime/src/outgoing/index.ts'

test('what nobody knows is absent: no time of an error, no duration', () => {
  const figures = new CallFigures(() => 0)
  const load = () => ({ connections: 2, waiting: 1 })
  const shown = outgoingGetters({ instance: 'shop-1', name: 'main', figures, target: () => 'host:1', load })
  expect([shown.state(), shown.waiting(), shown.connections(), shown.durationP95(), shown.lastErrorTime()]).toEqual([
    'ok',
    1,
    2,
    undefined,
    undefined,
  ])
  figures.begin()({ error: new Error('gone') })
  expect([shown.state(), shown.lastError(), shown.lastErrorTime()]).toEqual(['down', 'gone', expect.any(Number)])
})
