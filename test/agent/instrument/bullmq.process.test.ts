import { expect, test } from 'vitest'
import { bullmq } from '../../../agent/src/instrument/bullmq.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'
import { startRedis } from '../../support/redis.ts'

const PROGRAM = `import { Queue, Worker } from 'bullmq'
class Lost extends Error {}
Lost.prototype.name = 'Lost'
async function main(): Promise<void> {
  const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null }
  const queue = new Queue('mails', { connection })
  const worker = new Worker('mails', async (job) => {
    if (job.name === 'lost') throw new Lost('lost')
  }, { connection })
  const said = (event: any) => new Promise((resolve) => worker.once(event, resolve))
  const completed = said('completed')
  await inRequest(() => queue.add('welcome', { to: 'anna' }), '/add')
  await completed
  const failed = said('failed')
  await inRequest(() => queue.addBulk([{ name: 'lost', data: { to: 'anna' } }]), '/bulk')
  await failed
  await worker.close()
  await queue.close()
}
declare const inRequest: (handler: () => unknown, path: string) => Promise<unknown>
`

test('a job is a child where it is added and a root of the same trace where it is processed, in each form', async (context) => {
  const server = await startRedis(context)
  context.onTestFinished(() => server.stop())
  for (const form of formsOf(bullmq)) {
    const { sink } = await recorded(PROGRAM, { form, env: { REDIS_PORT: String(server.port) } })
    const added = sink.spans.filter(({ name }) => name === 'add mails')
    const processed = sink.spans.filter(({ name }) => name === 'process mails')
    expect([form, added.length, processed.length]).toEqual([form, 2, 2])
    expect(processed.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual(
      added.map(({ traceId, spanId }) => [traceId, spanId]),
    )
    expect(processed.map(({ attributes }) => attributes['error.type'])).toEqual([undefined, 'Lost'])
    expect(processed[0]?.attributes).toMatchObject({
      'messaging.system': 'bullmq',
      'messaging.destination.name': 'mails',
      'messaging.operation.type': 'process',
    })
    expect(JSON.stringify(sink.spans)).not.toContain('anna')
  }
})
