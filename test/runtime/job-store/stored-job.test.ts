import { expect, test } from 'vitest'
import { allChanges, carryOut, changes, emptyContents, type StoredJob } from '../../../runtime/src/job-store/stored-job.ts'

const job: StoredJob = { id: 'a', isNamed: true, data: '{}', addedAt: 1, attempts: 3, backoffMs: 10, state: 'waiting', at: 1, runs: 0 }
const repeat = { name: 'nightly', schedule: { everyMs: 5 }, data: '{}', attempts: 1, backoffMs: 0, nextAt: 9 }

test('contents are made of their changes, and of all that they say of themselves', () => {
  const contents = emptyContents()
  const all = [
    changes.job({ ...job }),
    changes.job({ ...job, id: 'b' }),
    changes.state({ ...job, state: 'dead', at: 5, runs: 3, error: 'no' }),
    changes.state({ ...job, id: 'b', state: 'done', at: 6, runs: 1 }),
    changes.job({ ...job, id: 'c' }),
    changes.removed('c'),
    changes.repeat(repeat),
    changes.repeat({ ...repeat, name: 'other' }),
    changes.unrepeat('other'),
    changes.paused(true),
  ]
  expect(all.map((change) => carryOut(change, contents))).toEqual(all.map(() => true))
  expect(contents).toEqual({
    jobs: new Map([
      ['a', { ...job, state: 'dead', at: 5, runs: 3, error: 'no' }],
      ['b', { ...job, id: 'b', data: '', state: 'done', at: 6, runs: 1, error: undefined }],
    ]),
    repeats: new Map([['nightly', repeat]]),
    isPaused: true,
  })
  const again = emptyContents()
  for (const change of allChanges(contents)) carryOut(change, again)
  expect(again).toEqual(contents)
})

test('what is no change is told, and a change of a job whose line is lost changes nothing', () => {
  const contents = emptyContents()
  expect([['x'], [], ['j', null], ['j', { name: 'a' }], ['s', 5]].map((change) => carryOut(change, contents))).toEqual(Array(5).fill(false))
  expect(carryOut(changes.state({ ...job, state: 'dead' }), contents)).toBe(true)
  expect(contents).toEqual(emptyContents())
})
