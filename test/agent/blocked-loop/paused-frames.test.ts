import { expect, test } from 'vitest'
import { type Paused, pausedFrames } from '../../../agent/src/blocked-loop/paused-frames.ts'

const location = (scriptId: string, lineNumber: number) => ({ scriptId, lineNumber, columnNumber: 4 })

/** An inspector that answers with this value what the paused code is asked. */
function inspected(value: unknown) {
  const posted: string[] = []
  const found: Paused[] = []
  const listeners: ((method: string, params: unknown) => void)[] = []
  const post = (method: string, _parameters?: object, then?: (result: unknown) => void): void => {
    posted.push(method)
    then?.(value === undefined ? undefined : { result: { value } })
  }
  pausedFrames({ post, onEvent: (listener) => void listeners.push(listener) }, (paused) => void found.push(paused))
  return { posted, found, tell: (method: string, params: unknown) => listeners[0]?.(method, params) }
}

test('frames have the files that were told before, as paths, and lines from 1; a long stack is cut', () => {
  const { posted, found, tell } = inspected(undefined)
  expect(posted).toEqual(['Debugger.enable', 'Debugger.pause'])
  tell('Debugger.scriptParsed', { scriptId: '1', url: 'file:///app/my%20code.js' })
  tell('Debugger.scriptParsed', { scriptId: '2', url: 'node:events' })
  tell('Debugger.resumed', undefined)
  expect(found).toEqual([])
  const callFrames = [
    { functionName: 'busy', location: location('1', 11) },
    { functionName: '', location: location('2', 0) },
    ...Array.from({ length: 100 }, () => ({ functionName: 'deep', location: location('9', 1) })),
  ]
  tell('Debugger.paused', { callFrames })
  expect(found[0]?.frames.slice(0, 3)).toEqual(['busy (/app/my code.js:12:5)', '<anonymous> (node:events:1:5)', 'deep (:2:5)'])
  expect(found[0]?.frames).toHaveLength(16)
})

test('the paused code says in which request it runs; what is no request is none', () => {
  const request = { name: 'GET /users', traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
  for (const [value, expected] of [
    [{ ...request, route: '/users' }, request],
    [{ name: 'GET /users' }, undefined],
    ['text', undefined],
    [null, undefined],
  ]) {
    const { found, tell } = inspected(value)
    tell('Debugger.paused', { callFrames: [] })
    expect(found).toEqual([{ frames: [], request: expected }])
  }
})
