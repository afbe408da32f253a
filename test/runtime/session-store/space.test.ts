import { expect, test } from 'vitest'
import { SessionLog } from '../../../runtime/src/session-store/session-log.ts'
import { Space } from '../../../runtime/src/session-store/space.ts'
import type { Stored } from '../../../runtime/src/session/session-store.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { newSessionId } from '../../../runtime/src/session/session-id.ts'

const id = newSessionId()
const fresh = (text = '{}', until = 100) => ({ text, createdAt: 0, until })

function open(folder = tempFolder()) {
  const time = { now: 1 }
  const { log, sessions } = SessionLog.open({ folder, onDamage: () => {}, now: () => time.now })
  return { time, folder, log, space: new Space(sessions, log, () => time.now) }
}

test('a change counts only if it was made from the present version', () => {
  const { space } = open()
  expect(space.create(id, fresh())).toMatchObject({ is: 'lent', stored: { version: 1 } })
  expect(space.write(id, { version: 1, text: '{"a":1}', until: 200, mark: 'm1' })).toMatchObject({
    is: 'written',
    stored: { version: 2, createdAt: 0 },
  })
  expect(space.write(id, { version: 1, text: '{"a":2}', until: 200, mark: 'm2' })).toMatchObject({
    is: 'changed',
    stored: { text: '{"a":1}' },
  })
  expect(space.read(id)).toMatchObject({ is: 'lent', stored: { version: 2 } })
})

test('what comes again because its answer was lost is answered as before', () => {
  const { space } = open()
  for (let i = 0; i < 2; i++) expect(space.create(id, fresh())).toMatchObject({ is: 'lent', stored: { version: 1 } })
  for (let i = 0; i < 2; i++)
    expect(space.write(id, { version: 1, text: '{"a":1}', until: 9, mark: 'm3' })).toMatchObject({ is: 'written', stored: { version: 2 } })
  for (let i = 0; i < 2; i++) expect(space.remove(id, 2)).toEqual({ is: 'done' })
  expect(space.write(id, { version: 2, text: '{}', until: 9, mark: 'm4' })).toEqual({ is: 'none' })
})

test('two changes that make the same of the same state are two: the second is told that it came too late', () => {
  const { space } = open()
  space.create(id, fresh())
  const change = { version: 1, text: '{"count":1}', until: 9 }
  expect(space.write(id, { ...change, mark: 'one' }).is).toBe('written')
  expect(space.write(id, { ...change, mark: 'other' }).is).toBe('changed')
})

test('an id that is in use is never given to a second session', () => {
  const { space } = open()
  space.create(id, fresh())
  expect(space.create(id, fresh('{"b":1}'))).toEqual({ is: 'full' })
})

test('it is ended only in the version that was meant', () => {
  const { space } = open()
  space.create(id, fresh())
  expect(space.remove(id, 7)).toMatchObject({ is: 'changed' })
  expect(space.remove(id)).toEqual({ is: 'done' })
  expect(space.read(id)).toEqual({ is: 'none' })
})

test('what has expired is gone, counted, and makes room', () => {
  const { space, time } = open()
  space.limits = { maxSessions: 1, maxTotalBytes: 1_000_000 }
  space.create(id, fresh('{}', 1000))
  expect(space.create(newSessionId(), fresh('{}', 3000))).toEqual({ is: 'full' })
  expect(space.touch(id, 1500)).toEqual({ is: 'done' })
  time.now = 1499
  expect(space.read(id).is).toBe('lent')
  time.now = 1500
  expect(space.create(newSessionId(), fresh('{}', 3000)).is).toBe('lent')
  expect([space.expired, space.size, space.read(id).is]).toEqual([1, 1, 'none'])
})

test('a full store looks for what has expired once a second, however many come', () => {
  const { log } = open()
  const time = { now: 1 }
  let walks = 0
  const sessions = new (class extends Map<string, Stored> {
    override keys() {
      walks++
      return super.keys()
    }
  })()
  const space = new Space(sessions, log, () => time.now)
  space.limits = { maxSessions: 1, maxTotalBytes: 1_000_000 }
  space.create(id, fresh('{}', 500))
  const ask = (): string => space.create(newSessionId(), fresh('{}', 5000)).is
  expect([ask(), ask(), ask(), walks]).toEqual(['full', 'full', 'full', 1])
  time.now = 1000
  expect([ask(), walks]).toEqual(['full', 1])
  time.now = 1001
  expect([ask(), walks]).toEqual(['lent', 2])
})

test('nothing makes it shorter-lived, and what is gone is not revived', () => {
  const { space } = open()
  space.create(id, fresh())
  space.touch(id, 50)
  expect(space.read(id)).toMatchObject({ stored: { until: 100 } })
  space.remove(id)
  space.touch(id, 500)
  expect(space.read(id)).toEqual({ is: 'none' })
})

test('the states together have a limit; what makes one smaller is always taken', () => {
  const { space } = open()
  space.limits = { maxSessions: 10, maxTotalBytes: 1000 }
  const large = JSON.stringify({ a: 'x'.repeat(700) })
  expect(space.create(id, fresh(large)).is).toBe('lent')
  expect(space.write(id, { version: 1, text: large + large, until: 100, mark: 'm5' })).toEqual({ is: 'full' })
  expect(space.create(newSessionId(), fresh()).is).toBe('full')
  expect(space.write(id, { version: 1, text: '{}', until: 100, mark: 'm6' }).is).toBe('written')
  expect(space.bytes).toBe(202)
  space.remove(id)
  expect(space.bytes).toBe(0)
})

test('a change that cannot be written to the log has not happened', () => {
  const { space, log } = open()
  space.create(id, fresh())
  log.close()
  expect(() => space.write(id, { version: 1, text: '{"a":1}', until: 100, mark: 'm7' })).toThrow()
  expect(space.read(id)).toMatchObject({ stored: { version: 1, text: '{}' } })
})

test('after a restart everything is as it was', () => {
  const { space, folder } = open()
  space.create(id, fresh('{"a":1}'))
  space.write(id, { version: 1, text: '{"a":2}', until: 90, mark: 'm8' })
  const again = open(folder).space
  expect([again.read(id), again.bytes]).toEqual([space.read(id), space.bytes])
})
