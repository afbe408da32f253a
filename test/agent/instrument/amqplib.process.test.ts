import { expect, test } from 'vitest'
import { amqplib } from '../../../agent/src/instrument/amqplib.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'
import { startRabbitMq } from '../../support/rabbitmq.ts'

const PROGRAM = `import amqp from 'amqplib'
import callbacks from 'amqplib/callback_api'
async function main(): Promise<void> {
  const connection = await amqp.connect(process.env.AMQP_URL!)
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue('mails')
  const received: string[] = []
  let onReceived = () => {}
  await channel.consume('mails', async (message) => {
    channel.ack(message!)
    received.push(message!.content.toString())
    onReceived()
  })
  const receivedAll = new Promise<void>((resolve) => (onReceived = () => received.length === 2 && resolve()))
  await inRequest(() => channel.sendToQueue('mails', Buffer.from('for anna')), '/promises')
  await inRequest(() => new Promise<void>((resolve, reject) => {
    callbacks.connect(process.env.AMQP_URL!, (error, other) => {
      if (error) return reject(error)
      other.createChannel((_: unknown, sending: any) => {
        sending.publish('', 'mails', Buffer.from('for anna'), { headers: { kept: 'yes' } })
        sending.close(() => other.close(() => resolve()))
      })
    })
  }), '/callbacks')
  await receivedAll
  await connection.close()
}
declare const inRequest: (handler: () => unknown, path: string) => Promise<string>
`

test('a message is a child where it is published and a root of the same trace where it is consumed, in each form', async (context) => {
  const server = await startRabbitMq(context)
  context.onTestFinished(() => server.stop())
  for (const form of formsOf(amqplib)) {
    const { sink } = await recorded(PROGRAM, { form, env: { AMQP_URL: `amqp://127.0.0.1:${server.port}` } })
    const published = sink.spans.filter(({ name }) => name === 'publish mails')
    const consumed = sink.spans.filter(({ name }) => name === 'consume mails')
    expect([form, published.length, consumed.length]).toEqual([form, 2, 2])
    expect(new Set(consumed.map(({ traceId, parentSpanId }) => `${traceId} ${parentSpanId}`))).toEqual(
      new Set(published.map(({ traceId, spanId }) => `${traceId} ${spanId}`)),
    )
    expect(consumed[0]?.attributes).toMatchObject({
      'messaging.system': 'rabbitmq',
      'messaging.destination.name': 'mails',
      'messaging.operation.name': 'consume',
    })
    expect(JSON.stringify(sink.spans)).not.toContain('anna')
  }
})
