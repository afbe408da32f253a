import { expect, test } from 'vitest'
import { kinds } from '@spyglass/mbeans/kinds'
import { SpyglassAgent } from '../../../agent/src/agent/spyglass-agent.ts'
import { runOutside } from '../../../agent/src/recorder/context.ts'
import { manualRoot } from '../../../agent/src/recorder/kinds/manual-root.ts'
import { readSettings } from '../../../agent/src/settings/settings.ts'
import { sinkForTest } from '../../support/agent-process.ts'

test('the agent answers its door and sends metrics of the process, of its resources and of what it dropped', async () => {
  const sink = await sinkForTest()
  const { settings } = readSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=http-1' })
  const agent = new SpyglassAgent(settings)
  expect(agent.currentRequest()).toBeUndefined()
  runOutside(() => {
    const record = agent.recorder.beginRoot(manualRoot, { kind: 1, parent: undefined })
    agent.recorder.endRoot(record)
  })
  agent.startStatement({ system: 'sqlite', pool: 'shop', text: 'SELECT 2' }, () => {}).end()
  const site = (function facade() {
    return agent.captureCallSite(facade)
  })()
  expect(site.location()).toMatch(/spyglass-agent\.process\.test\.ts:\d+$/)
  await agent.flush(2000)
  const names = new Set(sink.points.map(({ metric }) => metric))
  for (const name of ['process.cpu.time', 'nodejs.eventloop.utilization', 'v8js.memory.heap.used', 'spyglass.agent.dropped']) {
    expect(names).toContain(name)
  }
  expect(sink.points.find(({ metric }) => metric === 'db.client.operation.duration')?.attributes['spyglass.sql.digest']).toHaveLength(16)
  expect(agent.registry.find('nodejs:type=Heap,process=http-1')?.kind).toBe(kinds.v8Heap)
  expect(agent.requestCounters()).toEqual({ requests: 0, errors: 0, active: 0, p95: undefined, requestSeconds: 0 })
})
