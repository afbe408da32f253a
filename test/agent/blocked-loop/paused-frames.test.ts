import { expect, test } from 'vitest'
import { pausedFrames } from '../../../agent/src/blocked-loop/paused-frames.ts'

const location = (scriptId: string, lineNumber: number) => ({ scriptId, lineNumber, columnNumber: 4 })

test('frames have the files that were told before, as paths, and lines from 1; a long stack is cut', () => {
  const posted: string[] = []
  let tell: (method: string, params: unknown) => void = () => {}
  let found: readonly string[] | undefined
  pausedFrames({ post: (method) => void posted.push(method), onEvent: (listener) => (tell = listener) }, (frames) => (found = frames))
  expect(posted).toEqual(['Debugger.enable', 'Debugger.pause'])
  tell('Debugger.scriptParsed', { scriptId: '1', url: 'file:///app/my%20code.js' })
  tell('Debugger.scriptParsed', { scriptId: '2', url: 'node:events' })
  tell('Debugger.resumed', undefined)
  expect(found).toBeUndefined()
  const callFrames = [
    { functionName: 'busy', location: location('1', 11) },
    { functionName: '', location: location('2', 0) },
    ...Array.from({ length: 100 }, () => ({ functionName: 'deep', location: location('9', 1) })),
  ]
  tell('Debugger.paused', { callFrames })
  expect(found?.slice(0, 3)).toEqual(['busy (/app/my code.js:12:5)', '<anonymous> (node:events:1:5)', 'deep (:2:5)'])
  expect(found).toHaveLength(16)
})
