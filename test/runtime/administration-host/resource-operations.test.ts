import { checkedSettings } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { resourceOperations } from '../../../runtime/src/administration-host/resource-operations.ts'

const base = {
  listeners: [{ name: 'http', port: 8080 }],
  applications: [
    { name: 'shop', folder: '.', listener: 'http', replicas: 3, caches: ['pages'], datasources: ['orders'], rateLimits: ['api'] },
  ],
  caches: [{ name: 'pages' }],
  datasources: [{ name: 'orders', file: 'orders.db' }],
  rateLimits: [{ name: 'api' }],
}
const config = checkedSettings(base, { origin: 'test', from: '/' })

/** What an operation gives when the instances answer this; an error is thrown. */
async function invoked(
  operation: string,
  answers: Readonly<Record<string, unknown>>,
  name: string,
): Promise<{ result: unknown; asked: string[] }> {
  const asked: string[] = []
  const executors = resourceOperations({
    config: () => config,
    async ask(process) {
      asked.push(process)
      const answer = answers[process]
      if (answer instanceof Error) throw answer
      return answer
    },
  })
  const result = await executors[operation]?.({ keys: { name }, arguments: {}, actor: 'test' }).catch((error: Error) => error.message)
  return { result, asked }
}

test('what each instance does is added up, and a failure of one is told after all were asked', async () => {
  expect(await invoked('cache.purge', { 'shop-1': 2, 'shop-2': 0, 'shop-3': 5 }, 'pages')).toMatchObject({ result: 7 })
  expect(await invoked('rateLimit.forget', { 'shop-1': false, 'shop-2': true, 'shop-3': false }, 'api')).toMatchObject({ result: true })
  const failed = await invoked('cache.purge', { 'shop-1': new Error('gone'), 'shop-2': 0, 'shop-3': 5 }, 'pages')
  expect(failed).toEqual({ result: 'gone', asked: ['shop-1', 'shop-2', 'shop-3'] })
})

test('what only reads goes on to the next instance, what changes something is asked once', async () => {
  const answers = { 'shop-1': new Error('gone'), 'shop-2': ['rows'], 'shop-3': ['others'] }
  expect(await invoked('datasource.sql', answers, 'orders')).toEqual({ result: ['rows'], asked: ['shop-1', 'shop-2'] })
  expect(await invoked('datasource.execute', answers, 'orders')).toEqual({ result: 'gone', asked: ['shop-1'] })
})
