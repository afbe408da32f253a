import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newJob, openBook } from './fixture.ts'

test('jobs run in the order in which they are due, and one that is delayed when its time has come', () => {
  const { book, time } = openBook()
  book.add(newJob('later', { delayMs: 500 }))
  book.add(newJob('a'))
  book.add(newJob('b'))
  expect([book.take()?.id, book.take()?.id, book.take()]).toEqual(['a', 'b', undefined])
  expect([book.figures.delayed, book.nextAt]).toEqual([1, time.now + 500])
  time.now += 700
  expect(book.take()?.id).toBe('later')
  expect(book.figures).toMatchObject({ waiting: 0, delayed: 0, running: 3 })
})

test('a job that fails runs again after twice the time, and is dead after its last run', () => {
  const { book, time } = openBook()
  book.add(newJob('a'))
  const waits: number[] = []
  for (let run = 1; run <= 3; run++) {
    expect(book.take()).toMatchObject({ id: 'a', runs: run })
    book.failed('a', run, `no ${run}`)
    waits.push(book.nextAt - time.now)
    if (run < 3) time.now = book.nextAt
  }
  expect(waits).toEqual([1000, 2000, Number.POSITIVE_INFINITY])
  expect(book.dead(5)).toEqual([{ id: 'a', runs: 3, addedAt: 1_000_000, diedAt: time.now, error: 'no 3', data: '{"a":1}' }])
  expect(book.counts).toMatchObject({ failed: 3, retried: 2, died: 1 })
  expect(book.retry('other')).toBe(0)
  expect([book.retry(), book.take()?.runs]).toEqual([1, 1])
})

test('an outcome of a run that is none of now changes nothing', () => {
  const { book } = openBook()
  book.add(newJob('a', { backoffMs: 0 }))
  book.take()
  expect(book.interrupted('a', 1)).toBe('retry')
  book.take()
  expect([book.done('a', 1), book.failed('a', 1, 'x'), book.giveBack('a', 1), book.done('none', 1)]).toEqual([false, 'late', false, false])
  expect([book.done('a', 2), book.done('a', 2)]).toEqual([true, false])
})

test('what an instance gives back runs at once, and that run does not count', () => {
  const { book } = openBook()
  book.add(newJob('a', { attempts: 1 }))
  for (let i = 0; i < 5; i++) {
    expect(book.take()?.runs).toBe(1)
    book.giveBack('a', 1)
  }
  expect(book.figures).toMatchObject({ waiting: 1, dead: 0 })
})

test('an id is added once while its job waits, runs or is dead, and for a time after it is done', () => {
  const { book, time, crash } = openBook()
  expect([book.add(newJob('a')), book.add(newJob('a'))]).toEqual(['added', 'known'])
  book.take()
  book.done('a', 1)
  expect(crash().book.add(newJob('a'))).toBe('known')
  time.now += 60_001
  expect(crash().book.add(newJob('a'))).toBe('added')
})

test('what is added again because the answer was lost is as new as it was, also after a restart', () => {
  const { book, crash } = openBook()
  const job = newJob('a', { mark: 'm1' })
  expect([book.add(job), book.add(job), book.add({ ...job, mark: 'm2' }), book.add(newJob('a'))]).toEqual([
    'added',
    'added',
    'known',
    'known',
  ])
  const later = crash().book
  expect([later.add(job), later.counts.added, later.figures.waiting, book.counts.added]).toEqual(['added', 0, 1, 1])
})

test('an id that nobody gave is forgotten when its job is done', () => {
  const { book, file } = openBook()
  book.add(newJob('a', { isNamed: false }))
  book.take()
  book.done('a', 1)
  expect([book.stateOf('a'), book.bytes, file.written.at(-1)]).toEqual([undefined, 0, ['r', 'a']])
})

test('a full queue refuses, by number and by size, dead jobs among them', () => {
  const { book } = openBook()
  book.limits = { maxJobs: 2, maxTotalBytes: 1000, keepDoneMs: 60_000 }
  book.add(newJob('a', { attempts: 1 }))
  book.take()
  book.failed('a', 1, 'no')
  expect([book.add(newJob('b')), book.add(newJob('c'))]).toEqual(['added', 'full'])
  expect([book.purge('dead'), book.add(newJob('c', { data: 'x'.repeat(900) })), book.add(newJob('c'))]).toEqual([1, 'full', 'added'])
  expect(book.counts.refused).toBe(2)
})

test('ids of jobs that are done are no more than jobs may be', () => {
  const { book } = openBook()
  book.limits = { maxJobs: 3, maxTotalBytes: 100_000, keepDoneMs: 60_000 }
  for (let i = 0; i < 20; i++) {
    book.add(newJob(String(i)))
    book.done(book.take()!.id, 1)
  }
  expect(Array.from({ length: 20 }, (_, i) => book.stateOf(String(i))).filter((state) => state === 'done').length).toBeLessThanOrEqual(4)
})

test('ids of jobs that are done keep no job out, and errors of dead ones count', () => {
  const { book } = openBook()
  book.limits = { maxJobs: 100, maxTotalBytes: 5000, keepDoneMs: 60_000 }
  for (let i = 0; i < 50; i++) {
    expect(book.add(newJob(`j${i}`))).toBe('added')
    book.done(`j${i}`, book.take()!.runs)
  }
  expect(book.bytes).toBe(0)
  book.add(newJob('bad', { attempts: 1 }))
  book.failed('bad', book.take()!.runs, 'x'.repeat(4600))
  expect(book.add(newJob('next'))).toBe('full')
  book.purge('dead')
  expect([book.bytes, book.add(newJob('next'))]).toEqual([0, 'added'])
})

test('a paused queue begins nothing, also after a restart', () => {
  const { book, crash } = openBook()
  book.add(newJob('a'))
  book.pause(true)
  expect([book.take(), crash().book.take(), crash().book.figures.isPaused]).toEqual([undefined, undefined, true])
  book.pause(false)
  expect(crash().book.take()?.id).toBe('a')
})

test('a job that runs is not removed; the others are, by id or by state', () => {
  const { book } = openBook()
  for (const id of ['a', 'b', 'c']) book.add(newJob(id))
  book.add(newJob('d', { delayMs: 10 }))
  book.take()
  expect([book.remove('a'), book.remove('b'), book.remove('b'), book.purge('delayed'), book.purge('all')]).toEqual([
    false,
    true,
    false,
    1,
    1,
  ])
  expect(book.figures).toMatchObject({ running: 1, waiting: 0, delayed: 0 })
})

test('what is repeated is added each time, what was missed once, and the same again changes nothing', () => {
  const { book, time, file, crash } = openBook()
  const repeated = { name: 'tick', schedule: { everyMs: 1000 }, data: '{}', attempts: 3, backoffMs: 0 }
  expect([book.repeat(repeated), book.repeat(repeated), file.written.length]).toEqual([true, true, 1])
  time.now += 1000
  book.tick()
  expect(book.figures).toMatchObject({ waiting: 1, repeated: 1 })
  time.now += 10_500
  const later = crash()
  later.book.tick()
  expect(later.book.figures.waiting).toBe(2)
  expect(later.book.nextAt).toBe(1_000_000 + 12_000)
  expect(later.book.take()?.id).toBe('tick@1001000')
  expect([later.book.unrepeat('tick'), later.book.unrepeat('tick'), later.book.nextAt]).toEqual([true, false, Number.POSITIVE_INFINITY])
  expect(book.repeat({ ...repeated, schedule: { cron: '0 0 30 2 *' } })).toBe(false)
})

test('a clock that was ahead for a moment does not hold up what is repeated', () => {
  const { book, time } = openBook()
  const repeated = { name: 'tick', schedule: { everyMs: 1000 }, data: '{}', attempts: 3, backoffMs: 0 }
  book.repeat(repeated)
  time.now += 31_536_000_000
  book.tick()
  time.now -= 31_536_000_000
  book.repeat(repeated)
  expect(book.nextAt).toBe(time.now + 1000)
})

test('a change that cannot be written has not been made', () => {
  const { book, file } = openBook()
  book.add(newJob('a'))
  file.isFull = true
  for (const change of [() => book.add(newJob('b')), () => book.take(), () => book.purge('all'), () => book.pause(true)])
    expect(change).toThrow('ENOSPC')
  file.isFull = false
  expect([book.stateOf('b'), book.take()?.runs, book.figures.isPaused]).toEqual([undefined, 1, false])
})

/** What a test does to a book. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      id: fc.nat(12),
      delayMs: fc.constantFrom(0, 0, 50),
      attempts: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('done' as const, 'failed' as const, 'back' as const), which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('retry' as const, 'full' as const, 'free' as const) }) },
)

test('whatever happens, and however often the process is killed: no job that was accepted is lost, each runs at least once and never twice at a time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let opened = openBook()
      const accepted = new Set<string>()
      const ran = new Set<string>()
      const over = new Set<string>()
      let running: { readonly id: string; readonly run: number }[] = []
      const attempt = (change: () => void): void => {
        try {
          change()
        } catch (error) {
          if (!(error as Error).message.includes('ENOSPC')) throw error
        }
      }
      const take = (): void => {
        const job = opened.book.take()
        if (!job) return
        expect(running.map(({ id }) => id)).not.toContain(job.id)
        expect(over).not.toContain(job.id)
        ran.add(job.id)
        running.push({ id: job.id, run: job.runs })
      }
      const end = (how: 'done' | 'failed' | 'back', which: number): void => {
        const run = running[which % running.length]
        if (!run) return
        if (how === 'done') expect(opened.book.done(run.id, run.run)).toBe(true)
        if (how === 'failed') expect(opened.book.failed(run.id, run.run, 'no')).not.toBe('late')
        if (how === 'back') expect(opened.book.giveBack(run.id, run.run)).toBe(true)
        if (how === 'done') over.add(run.id)
        running = running.filter((other) => other !== run)
      }
      for (const each of steps) {
        attempt(() => {
          if (
            each.do === 'add' &&
            opened.book.add(newJob(`j${each.id}`, { delayMs: each.delayMs, attempts: each.attempts, backoffMs: 20 })) === 'added'
          )
            accepted.add(`j${each.id}`)
          if (each.do === 'take') take()
          if (each.do === 'done' || each.do === 'failed' || each.do === 'back') end(each.do, each.which)
          if (each.do === 'wait') opened.time.now += each.ms
          if (each.do === 'retry') opened.book.retry()
        })
        if (each.do === 'full' || each.do === 'free') opened.file.isFull = each.do === 'full'
        if (each.do !== 'crash') continue
        opened = opened.crash()
        expect(opened.book.runningJobs).toEqual(
          running.toSorted(
            (a, b) =>
              opened.book.runningJobs.findIndex(({ id }) => id === a.id) - opened.book.runningJobs.findIndex(({ id }) => id === b.id),
          ),
        )
        for (const { id, run } of running) opened.book.interrupted(id, run)
        running = []
      }
      opened.file.isFull = false
      for (let i = 0; i < 500 && over.size < accepted.size; i++) {
        opened.time.now += 100
        opened.book.retry()
        take()
        end('done', 0)
      }
      expect([...over].toSorted()).toEqual([...accepted].toSorted())
      for (const id of accepted) expect([ran.has(id), opened.book.stateOf(id)]).toEqual([true, 'done'])
      expect(opened.book.figures).toMatchObject({ waiting: 0, delayed: 0, running: 0, dead: 0 })
      expect(opened.crash().book.bytes).toBe(opened.book.bytes)
    }),
    { numRuns: 200 },
  )
})
