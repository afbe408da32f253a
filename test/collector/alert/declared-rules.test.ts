import { expect, test } from 'vitest'
import { rollupRuleOf } from '../../../collector/src/alert/declared-rules.ts'
import { createLogger } from '@spyglass/process/logger'
import { SampleWindows } from '../../../collector/src/alert/sample-windows.ts'
import { RuleValues } from '../../../collector/src/alert/rule-values.ts'
import { openRuleWorld, resource, ruleOf } from './rule-world.ts'

const logger = createLogger({ process: 'test', level: 'silent' })
const threshold = (text: string) =>
  ruleOf(`name: MyRule
severity: warning
when: { threshold: { ${text} } }
text: '{process} is wrong'
help: Look.
`)
const loop = (delayP99: number) => ({ resources: [resource('eventLoop', { process: 'a' }, { delayP99 })] })

test('samples of a window give their highest, lowest and mean, and old ones leave it', async () => {
  await using world = await openRuleWorld()
  const found = async (take: string, bound: string) => {
    const scenes = [1, 0.2, 0.3, 0.1].map(loop)
    const all = await world.findings(threshold(`value: eventLoop.delayP99, take: ${take}, over: 20s, ${bound}`), scenes)
    return all.map((findings) => findings.length)
  }
  expect(await found('max', 'above: 900 ms')).toEqual([1, 1, 1, 0])
  expect(await found('min', 'below: 150 ms')).toEqual([0, 0, 0, 1])
  expect(await found('mean', 'above: 550 ms')).toEqual([1, 1, 0, 0])
})

test('resources of an instance that is down are no incident of their own', async () => {
  await using world = await openRuleWorld()
  const scene = (state: string) => ({ resources: [resource('instance', { name: 'a' }, { state }), ...loop(1).resources] })
  const [up, down] = await world.findings(threshold('value: eventLoop.delayP99, above: 900 ms'), [scene('ready'), scene('down')])
  expect([up?.length, down?.length]).toEqual([1, 0])
  expect(up?.[0]).toEqual({
    resource: 'nodejs:type=EventLoop,process=a',
    summary: 'a is wrong: 1 s',
    attributes: { process: 'a', delayP99: 1 },
  })
})

test('a rule about an event is judged when the event comes', async () => {
  await using world = await openRuleWorld()
  const rule = ruleOf(`name: MyRule
severity: warning
when: { event: { raise: spyglass.pool.exhausted } }
text: t
help: h
`)
  expect(rollupRuleOf(rule, new RuleValues({ ...world, kinds: [] }), new SampleWindows({ logger }))).toBeUndefined()
})

test('rules that are judged at the same moment share one reading', async () => {
  await using world = await openRuleWorld()
  let readings = 0
  const management = { read: async () => (readings++, []) }
  const values = new RuleValues({ management, query: world.query, kinds: [] })
  const { instance } = (await import('@spyglass/mbeans/kinds')).kinds
  await Promise.all([values.ofKind(instance), values.ofKind(instance), values.ofKind(instance)])
  expect(readings).toBe(1)
})
