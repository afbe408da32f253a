import { join } from 'node:path'
import { RegistryLink } from '@spyglass/process/keeper-link'
import { expect, onTestFinished, test } from 'vitest'
import { openRegistryServer } from '../../../runtime/src/management/registry-server.ts'
import { KEEPER } from '../../../runtime/src/management/resource-merge.ts'
import { Sources } from '../../../runtime/src/management/sources.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

test('a process that connects is heard until it is gone', async () => {
  const pushed: string[] = []
  const sources = new Sources({ pushed: (source) => pushed.push(source), event: () => {}, gone: () => {} }, () => {})
  const path = join(tempFolder(), 'registry.sock')
  const server = await openRegistryServer(path, sources)
  onTestFinished(() => server.close())
  const link = new RegistryLink({
    path,
    greeting: () => [{ type: 'hello', source: KEEPER, pid: process.pid }],
    push: () => ({ type: 'registry', snapshot: { time: 1, resources: [] }, unready: [] }),
  })
  await until(() => pushed.length === 1)
  expect(pushed).toEqual([KEEPER])
  link.close()
  server.close()
})
