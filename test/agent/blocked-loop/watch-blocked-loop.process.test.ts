import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messageOf, sinkForTest, startApplication } from '../../support/agent-process.ts'
import type { OtlpSink } from '../../support/otlp-sink.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

async function start(env: Record<string, string> = { SPYGLASS_BLOCKED_LOOP: 'on' }) {
  const sink = await sinkForTest()
  const application = startApplication('blocked.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, SPYGLASS_SLOW_REQUEST_MS: '0.001', ...env },
  })
  const { port } = await messageOf<{ port: number }>(application)
  const flag = join(tempFolder(), 'go-on')
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}?file=${encodeURIComponent(flag)}`).then((answer) => answer.text())
  return { sink, application, ask, goOn: () => writeFileSync(flag, '') }
}

const blockedLog = (sink: OtlpSink) => until(() => sink.logs.find(({ body }) => String(body).includes('the event loop')))
const rootOf = (sink: OtlpSink, path: string) =>
  until(() => sink.spans.find(({ kind, attributes }) => kind === 2 && attributes['url.path'] === path && !attributes['spyglass.partial']))
const blocksOf = (span: Awaited<ReturnType<typeof rootOf>>) =>
  (span.events ?? []).filter(({ name }) => name === 'spyglass.loop.blocked').map((event) => JSON.stringify(event))

test('the stack of a blocked loop arrives while it is still blocked, and every request that waited names it', async () => {
  const { sink, application, ask, goOn } = await start()
  const isWaiting = messageOf(application)
  const waiting = ask('/wait')
  await isWaiting
  const spinning = ask('/spin')
  const { body, attributes } = await blockedLog(sink) // the application goes on only after this
  expect(body).toMatch(/^the event loop has been blocked for more than \d+ ms: spinUntil \(.*blocked\.mjs:\d+:\d+\), in GET \/spin$/)
  expect(attributes).toMatchObject({
    'code.function.name': 'spinUntil',
    'code.line.number': expect.any(Number),
    'code.stacktrace': expect.stringContaining('spinUntil'),
  })
  goOn()
  expect(await Promise.all([spinning, waiting])).toEqual(['done', 'waited'])
  for (const path of ['/spin', '/wait']) {
    const blocks = blocksOf(await rootOf(sink, path)).filter((block) => block.includes('spinUntil')) // a busy machine may block it as well
    expect(blocks, path).toHaveLength(1)
    expect(blocks[0]).toContain('GET /spin, trace ')
  }
  await ask('/other')
  expect(blocksOf(await rootOf(sink, '/other'))).toEqual([])
})

test('of native code the stack is unknown, and it says so', async () => {
  const { sink, ask, goOn } = await start()
  const blocked = ask('/native')
  const { body } = await blockedLog(sink)
  expect(body).toContain('stack unknown')
  goOn()
  expect(await blocked).toBe('done')
  expect(blocksOf(await rootOf(sink, '/native')).join()).toContain('stack unknown')
  expect(await ask('/other')).toBe('done') // and nothing stays paused
})

test('without the setting there is no helper', async () => {
  const { sink, ask, goOn } = await start({})
  setTimeout(goOn, 600)
  await ask('/spin')
  expect(blocksOf(await rootOf(sink, '/spin'))).toEqual([])
  expect(sink.logs.filter(({ body }) => String(body).includes('the event loop'))).toEqual([])
})
