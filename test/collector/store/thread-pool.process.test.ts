import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeFolder, startStore, type StoreProcess } from '../../support/store-process.ts'

let store: StoreProcess
beforeAll(async () => {
  store = await startStore()
})
afterAll(async () => {
  await store.kill('SIGTERM')
  removeFolder(store.data)
})

test.runIf(process.platform === 'linux')(
  'the process has a thread for each statement that can run at once, and some to spare',
  async () => {
    await store.ask('SELECT 1')
    const folder = `/proc/${store.child.pid}/task`
    const workers = readdirSync(folder).filter((task) => readFileSync(`${folder}/${task}/comm`, 'utf8').trim() === 'libuv-worker')
    expect(workers).toHaveLength(28)
  },
)
