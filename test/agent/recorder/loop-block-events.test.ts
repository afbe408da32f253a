import { expect, onTestFinished, test } from 'vitest'
import { loopBlockEvents, setLoopBlocks, workOf } from '../../../agent/src/recorder/loop-block-events.ts'

test('a block is an event with the innermost function of the application; without a helper there is none', () => {
  expect(loopBlockEvents(0, 100)).toEqual([])
  onTestFinished(() => setLoopBlocks(undefined))
  const frames = ['pbkdf2Sync (node:crypto:1:1)', `hash (${process.cwd()}/src/users.js:12:5)`]
  const request = { name: 'GET /users', traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
  setLoopBlocks((startMs, endMs) => [
    { startMs, endMs, stacks: [{ frames, request, afterMs: 210 }] },
    { startMs, endMs, stacks: [] },
  ])
  expect(loopBlockEvents(10, 310)).toMatchObject([
    {
      name: 'spyglass.loop.blocked',
      attributes: {
        'spyglass.loop.blocked_ms': 300,
        'code.file.path': 'src/users.js',
        'code.line.number': 12,
        'code.function.name': 'hash',
        'code.stacktrace': frames.join('\n'),
        'spyglass.loop.blocked_by': `GET /users, trace ${'a'.repeat(32)}`,
      },
    },
    { attributes: { 'code.stacktrace': expect.stringContaining('stack unknown') as string } },
  ])
})

test('each stack of a block stands for the time up to the middle between it and the next', () => {
  const stack = (afterMs: number, line: number) => ({ frames: [`work (${process.cwd()}/src/a.js:${line}:1)`], request: undefined, afterMs })
  expect(workOf({ startMs: 1000, endMs: 2000, stacks: [stack(200, 1), stack(300, 2), stack(500, 3)] })).toEqual([
    { startMs: 1000, endMs: 1250, request: undefined, location: 'src/a.js:1' },
    { startMs: 1250, endMs: 1400, request: undefined, location: 'src/a.js:2' },
    { startMs: 1400, endMs: 2000, request: undefined, location: 'src/a.js:3' },
  ])
  expect(workOf({ startMs: 0, endMs: 1, stacks: [{ frames: ['run (node:vm:1:1)'], request: undefined, afterMs: 1 }] })).toMatchObject([
    { location: '' },
  ])
})
