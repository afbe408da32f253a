import { expect, onTestFinished, test } from 'vitest'
import { loopBlockEvents, setLoopBlocks } from '../../../agent/src/recorder/loop-block-events.ts'

test('a block is an event with the innermost function of the application; without a helper there is none', () => {
  expect(loopBlockEvents(0, 100)).toEqual([])
  onTestFinished(() => setLoopBlocks(undefined))
  const frames = ['pbkdf2Sync (node:crypto:1:1)', `hash (${process.cwd()}/src/users.js:12:5)`]
  setLoopBlocks((startMs, endMs) => [
    { startMs, endMs, frames },
    { startMs, endMs, frames: [] },
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
      },
    },
    { attributes: { 'code.stacktrace': expect.stringContaining('stack unknown') as string } },
  ])
})
