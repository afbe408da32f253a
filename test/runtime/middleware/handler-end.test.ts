import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test, vi } from 'vitest'
import { onceEnded, onceHandled } from '../../../runtime/src/middleware/handler-end.ts'
import { ManualClock } from '../datasource/fixture.ts'

/** What is used of a response. */
class Response extends EventEmitter {
  closed = false
  destroyed = false
  end = vi.fn<() => unknown>(() => this)

  leave(): void {
    this.closed = true
    this.emit('close')
  }
}

function opened({ hasLeft = false } = {}) {
  const [response, clock, release] = [new Response(), new ManualClock(), vi.fn<() => void>()]
  response.closed = hasLeft
  onceHandled(response as unknown as ServerResponse, { release, maxHoldMs: 1000 }, clock)
  return { response, clock, release }
}

test('a handler has ended when it ends its response, whether or not its client is there, and only once', () => {
  for (const hasLeft of [false, true]) {
    const { response, clock, release } = opened({ hasLeft })
    response.leave()
    expect(release).not.toHaveBeenCalled()
    response.end()
    response.end()
    clock.advance(1000)
    expect([release.mock.calls.length, clock.timers]).toEqual([1, 0])
  }
})

test('one whose client has gone and that never ends its response counts as ended after its time', () => {
  for (const hasLeft of [false, true]) {
    const { response, clock, release } = opened({ hasLeft })
    if (!hasLeft) response.leave()
    clock.advance(999)
    expect(release).not.toHaveBeenCalled()
    clock.advance(1)
    response.end()
    expect(release).toHaveBeenCalledTimes(1)
  }
})

test('an end that throws is none', () => {
  const [response, release] = [new Response(), vi.fn<() => void>()]
  response.end.mockImplementationOnce(() => {
    throw new TypeError('no such chunk')
  })
  onceEnded(response as unknown as ServerResponse, release)
  expect(() => response.end()).toThrow('no such chunk')
  expect(release).not.toHaveBeenCalled()
  response.end()
  expect(release).toHaveBeenCalledTimes(1)
})
