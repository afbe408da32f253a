import { expect, test } from 'vitest'
import { type EndFacts, failureOf } from '../../../runtime/src/decider/exit-reason.ts'
import { becameReady, condemned, type Generation, nothing, started } from '../../../runtime/src/decider/reconciler/index.ts'
import { processOf } from './reconciler/world.ts'

const starting = started(nothing, processOf('shop-1'), 1, 0)
const serving = becameReady(starting, 1)
const only = ({ generations }: typeof starting): Generation => generations[0]!
const ends = (generation: Generation, facts: Partial<EndFacts> = {}) =>
  failureOf({ generation, exit: { code: 1, signal: null }, told: undefined, logFile: 'server.log', ...facts })
const killed = { code: null, signal: 'SIGKILL' } as const

test.for([
  ['a process that could not be made', ends(only(starting), { exit: { ...killed, error: 'EAGAIN' } }), 'start', /EAGAIN/],
  ['an exit before it was ready', ends(only(starting)), 'start', /exit code 1\); see server\.log/],
  ['what it said itself', ends(only(starting), { told: { code: 'SPY_X', message: 'no luck' } }), 'start', /no luck/],
  ['a start that took too long', ends(only(condemned(starting, 1, { text: 'too slow', isSlow: true }))), 'start', /^too slow$/],
  ['a hang', ends(only(condemned(serving, 1, { text: 'hung', aliveUntil: 5 })), { exit: killed }), 'hang', /^hung$/],
  ['a full heap', ends(only(serving), { ofMemory: 'out of memory: the JavaScript heap was full' }), 'outOfMemory', /heap/],
  [
    'a SIGKILL of somebody',
    ends(only(serving), { exit: killed, ofMemory: 'killed by SIGKILL, possibly out of memory' }),
    'signal',
    /possibly/,
  ],
  ['another signal', ends(only(serving), { exit: { code: null, signal: 'SIGSEGV' } }), 'signal', /^killed by SIGSEGV$/],
  [
    'an exit, with its last words and no secret in them',
    ends(only(serving), { exit: { code: 7, signal: null, lastWords: 'Error: postgres://a:hunter2@db' } }),
    'exit',
    /^exited with code 7: Error: (?!.*hunter2)/,
  ],
] as const)('%s', ([, failure, kind, words]) => {
  expect(failure.kind).toBe(kind)
  expect(failure.message).toMatch(words)
})
