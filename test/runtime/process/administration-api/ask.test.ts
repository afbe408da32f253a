import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { SpyglassError } from '@spyglass/agent/contract'
import { adminSocketFile, managementSocketFile, serveAdministration } from '@spyglass/process/admin-socket'
import { askDecider, followManagement } from '@spyglass/process/administration-api'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

const anna = { actor: 'anna', role: 'operator', source: '' } as const

test('a call reaches the process that decides in the name and role of its caller, and its error comes back', async () => {
  const root = tempFolder()
  const run = join(root, 'run')
  mkdirSync(run)
  const server = await serveAdministration({
    file: adminSocketFile(run),
    methods: {
      get: async (params, { user, role }) => ({ params, user, role }),
      set: async () => {
        throw new SpyglassError('SPY_ADMIN_FORBIDDEN', '%s', ['no'])
      },
    },
  })
  onTestFinished(() => server.close())
  const ask = askDecider({ root, run })
  expect(await ask({ method: 'get', params: { names: ['a'] } }, anna)).toEqual({ params: { names: ['a'] }, user: 'anna', role: 'operator' })
  await expect(ask({ method: 'set', params: {} }, anna)).rejects.toMatchObject({ code: 'SPY_ADMIN_FORBIDDEN', message: 'no' })
  await server.close()
  await expect(ask({ method: 'get', params: {} }, anna)).rejects.toMatchObject({ code: 'SPY_SERVER_UNREACHABLE' })
})

test('what management reads is followed no faster than it is taken, and no longer than the client is there', async () => {
  const run = join(tempFolder(), 'run')
  mkdirSync(run)
  let made = 0
  let hasEnded = false
  const server = await serveAdministration({
    file: managementSocketFile(run),
    methods: {
      async *follow(_, { gone }) {
        for (; !gone.aborted; made++) yield 'x'.repeat(100_000)
        hasEnded = true
      },
    },
  })
  onTestFinished(() => server.close())
  const gone = new AbortController()
  const items = followManagement({ root: run, run })({ method: 'follow', params: {} }, anna, gone.signal)
  expect(String((await items.next()).value)).toHaveLength(100_000)
  const settled = async (): Promise<number> => {
    let before = -1
    while (before !== made) {
      before = made
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    return made
  }
  expect(await settled()).toBeLessThan(200) // what the socket and the client hold; it would be thousands
  for (let i = 0; i < 200; i++) await items.next()
  expect(made).toBeGreaterThan(200)
  gone.abort()
  while (!(await items.next()).done);
  await until(() => hasEnded)
})
