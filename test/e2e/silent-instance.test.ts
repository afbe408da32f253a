/** What the MBean endpoint says of an instance that is stopped, and of one that is gone. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

let suite: Suite
const folder = mkdtempSync(join(tmpdir(), 'spyglass-silent-'))

beforeAll(async () => {
  suite = await startSuite(folder, { listeners: [{ name: 'http', instances: 2 }] }, [], serverAlone)
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly timestamp: number
  readonly value: Readonly<Record<string, unknown>>
}

async function read(mbean: string, node = ''): Promise<Answer> {
  return (await (await fetch(`${suite.urls.management}/jolokia${node}/read/${mbean}`)).json()) as Answer
}
const runtime = 'java.lang:type=Runtime'
const instance = (name: string) => read(`spyglass:type=Instance,name=${name}`)
const metrics = async () => (await fetch(`${suite.urls.management}/metrics`)).text()

test('an instance that is stopped becomes unknown, and none of its values grows; it is ready when it continues', async () => {
  const pid = suite.pidOf('http-2')
  await until(async () => (await instance('http-2')).value['state'] === 'ready')
  process.kill(pid, 'SIGSTOP')
  try {
    await until(async () => (await instance('http-2')).value['state'] === 'unknown')
    const first = await instance('http-2')
    const age = async () => (await read('spyglass:type=Push,process=http-2')).value['age'] as number
    const before = await age()
    await until(async () => (await age()) > before + 1)
    const second = await instance('http-2')
    expect(second.value).toEqual(first.value)
    expect(second.timestamp).toBe(first.timestamp)
    expect((await instance('http-1')).value['state']).toBe('ready')
    const ready = await fetch(`${suite.urls.management}/ready`)
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, state: 'degraded', reasons: ['instance http-2 is unknown'] }])
    const series = (await metrics()).split('\n').filter((line) => line.includes('process="http-2"') && !line.endsWith(' 0'))
    // What others know of it stays: the decider its state and how it last failed, management the age of its push.
    const known = ['spyglass_instance_last_failure_kind', 'spyglass_instance_state', 'spyglass_push_age_seconds']
    expect(series.map((line) => line.split(/[ {]/)[0])).toEqual(expect.arrayContaining(known))
    expect(series).toHaveLength(known.length)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await until(async () => (await instance('http-2')).value['state'] === 'ready')
})

test('the platform beans are those of the first instance: while it is down there are none, and never those of another', async () => {
  const [first, second] = [suite.pidOf('http-1'), suite.pidOf('http-2')]
  await until(async () => (await read(runtime)).value['Pid'] === first)
  expect((await read(runtime, '/node/http-2')).value['Pid']).toBe(second)
  expect((await read(runtime, '/node/management')).value['Pid']).toBe(suite.pidOf('management'))
  process.kill(first, 'SIGKILL')
  const seen: unknown[] = []
  await until(async () => {
    const answer = await read(runtime)
    seen.push(answer.status === 404 ? 'none' : answer.value['Pid'])
    return answer.status === 200 && answer.value['Pid'] !== first
  })
  expect(new Set(seen)).toEqual(new Set([...(seen.includes(first) ? [first] : []), 'none', suite.pidOf('http-1')]))
  expect(seen).toContain('none')
})
