import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { kafkajs } from '../../../agent/src/instrument/kafkajs.ts'
import { installFromRegistry } from '../../support/from-registry.ts'
import { formsOf, type ProgramOptions, type Recorded, recorded } from '../../support/instrumented.ts'
import { startKafka } from '../../support/kafka.ts'

const DECLARED = `
const kafka = new kafkajs.Kafka({ brokers: process.env.BROKERS!.split(','), logLevel: kafkajs.logLevel.NOTHING })
const producer = kafka.producer()
/** Runs a consumer until it was given so many messages. */
async function consumed(topic: string, count: number, run: (seen: (...values: string[]) => void) => any): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: 'readers-of-' + topic })
  const values: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    const seen = (...more: string[]) => void (values.push(...more), values.length >= count && resolve())
    consumer.run(run(seen)).catch(reject)
  })
  await consumer.disconnect()
  return values
}
declare const inRequest: (handler: () => unknown, path: string) => Promise<string>
`

async function broker(context: TestContext): Promise<Readonly<Record<string, string>>> {
  const server = await startKafka(context)
  context.onTestFinished(() => server.stop())
  return { BROKERS: server.brokers }
}

const named = ({ sink }: Recorded, name: string) => sink.spans.filter((span) => span.name === name)
const origin = ({ traceId, parentSpanId }: { traceId: string; parentSpanId?: string }) => `${traceId} ${parentSpanId}`
const place = ({ traceId, spanId }: { traceId: string; spanId: string }) => `${traceId} ${spanId}`

const MESSAGES = (topic: string): string => `import kafkajs from 'kafkajs'
async function main(): Promise<void> {
  await producer.connect()
  await inRequest(() => producer.send({ topic: '${topic}', messages: [{ key: 'anna', value: 'for anna', headers: { kept: 'yes' } }] }), '/one')
  await inRequest(() => producer.sendBatch({ topicMessages: [{ topic: '${topic}', messages: [{ value: 'for anna' }] }] }), '/batch')
  await producer.disconnect()
  const values = await consumed('${topic}', 2, (seen) => ({
    eachMessage: async ({ message }: any) => {
      await null
      seen(message.value + ' ' + (message.headers.kept ?? ''))
    },
  }))
  console.log(values.sort().join(', '))
}
${DECLARED}`

/** The newest in each form, and the last of the major before. */
async function runs(context: TestContext): Promise<readonly ProgramOptions[]> {
  const older = join(await installFromRegistry(context, 'kafkajs@1.16.0', 'nested'), 'node_modules/kafkajs')
  return [
    ...formsOf(kafkajs).map((form) => ({ form })),
    ...(['esm', 'cjs'] as const).map((form) => ({ form, aliases: { kafkajs: older } })),
  ]
}

test('a message is a child where it is sent and a root of the same trace where it is consumed, in each form', async (context) => {
  const [env, ways] = [await broker(context), await runs(context)]
  for (const [at, { form, aliases = {} }] of ways.entries()) {
    const topic = `mails-${at}`
    const run = await recorded(MESSAGES(topic), { form, aliases, env })
    const [sent, consumed] = [named(run, `send ${topic}`), named(run, `process ${topic}`)]
    expect([form, sent.length, consumed.length, run.stdout]).toEqual([form, 2, 2, 'for anna , for anna yes\n'])
    expect(new Set(consumed.map(origin))).toEqual(new Set(sent.map(place)))
    expect(sent.map(({ kind }) => kind)).toEqual([4, 4])
    expect(consumed[0]).toMatchObject({
      kind: 5,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': expect.stringMatching(/^\d+$/),
        'messaging.operation.name': 'process',
        'messaging.consumer.group.name': `readers-of-${topic}`,
        'messaging.kafka.offset': expect.any(Number),
      },
    })
    expect(JSON.stringify(run.sink.spans)).not.toContain('anna')
  }
})

const BATCHES = `import kafkajs from 'kafkajs'
async function main(): Promise<void> {
  await producer.connect()
  const send = (...values: string[]) => inRequest(() => producer.send({ topic: 'orders', messages: values.map((value) => ({ value, partition: 0 })) }), '/send')
  await send('1', '2')
  await send('3')
  await send('4')
  await inRequest(() => producer.send({ topic: 'orders', messages: undefined } as any).catch((error: Error) => error.name), '/refused')
  await producer.disconnect()
  console.log((await consumed('orders', 4, (seen) => ({
    eachBatch: async ({ batch }: any) => seen(...batch.messages.map(({ value }: any) => String(value))),
  }))).join(' '))
}
${DECLARED}`

test('a batch is one root with links to what sent it; what is refused is as without the agent', async (context) => {
  const run = await recorded(BATCHES, { form: 'esm', env: await broker(context) })
  const [sent, batches] = [named(run, 'send orders'), named(run, 'process orders')]
  expect(sent.map(({ attributes }) => attributes['messaging.batch.message_count'])).toEqual([2, undefined, undefined])
  const counted = batches.map(({ attributes }) => Number(attributes['messaging.batch.message_count']))
  expect([run.stdout, counted.reduce((sum, count) => sum + count, 0)]).toEqual(['1 2 3 4\n', 4])
  const from = batches.flatMap((batch) => batch.links?.map(place) ?? [origin(batch)])
  expect(new Set(from)).toEqual(new Set(sent.map(place)))
})

const FAILING = `import kafkajs from 'kafkajs'
async function main(): Promise<void> {
  await producer.connect()
  await producer.send({ topic: 'broken', messages: [{ value: 'a secret' }] })
  await producer.disconnect()
  let calls = 0
  await consumed('broken', 1, (seen) => ({
    eachMessage: async () => {
      if (++calls === 1) throw new Error('broken')
      seen('again')
    },
  }))
}
${DECLARED}`

test('a handler that fails is a failed root, and KafkaJS tries again as without the agent', async (context) => {
  const run = await recorded(FAILING, { form: 'esm', env: await broker(context) })
  expect(named(run, 'process broken').map(({ attributes }) => attributes['error.type'])).toEqual(['Error', undefined])
})
