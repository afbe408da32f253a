import { existsSync, statSync } from 'node:fs'
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
  const sources = new Sources({
    gathering: { pushed: (source) => pushed.push(source), event: () => {}, gone: () => {}, onlyThese: () => {} },
    onPush: () => {},
  })
  const path = join(tempFolder(), 'registry.sock')
  const server = await openRegistryServer(path, sources)
  onTestFinished(() => server.close())
  const link = new RegistryLink({
    path,
    source: KEEPER,
    push: () => ({ type: 'registry', snapshot: { time: 1, resources: [] }, unready: [] }),
  })
  await until(() => pushed.length === 1)
  expect(pushed).toEqual([KEEPER])
  link.close()
  server.close()
})

test('after the first push of a connection only what has changed is sent, and management knows all of it', async () => {
  const lines: string[] = []
  const seen: unknown[] = []
  const sources = new Sources({
    gathering: { pushed: (_source, { resources }) => seen.push(resources), event: () => {}, gone: () => {}, onlyThese: () => {} },
    onPush: () => {},
  })
  const said = sources.said.bind(sources)
  sources.said = (speaker, message) => {
    if (message.type === 'registry') lines.push(JSON.stringify(message))
    said(speaker, message)
  }
  const path = join(tempFolder(), 'registry.sock')
  const server = await openRegistryServer(path, sources)
  onTestFinished(() => server.close())
  let requests = 0
  const resources = () => [
    { kind: 'listener', keys: { name: 'http' }, values: { state: 'ready', requests } },
    { kind: 'server', keys: {}, values: { name: 'prod', notes: 'x'.repeat(1000) } },
  ]
  const link = new RegistryLink({
    path,
    source: KEEPER,
    push: () => ({ type: 'registry', snapshot: { time: 1, resources: resources() }, unready: [] }),
  })
  onTestFinished(() => link.close())
  await until(() => seen.length === 1)
  requests = 7
  link.push()
  await until(() => seen.length === 2)
  expect(lines[0]!.length).toBeGreaterThan(1000)
  expect(lines[1]!.length).toBeLessThan(150)
  expect(seen[1]).toEqual(resources())
})

test('changes of values that nobody has said are not heard', () => {
  const seen: unknown[] = []
  const sources = new Sources({
    gathering: { pushed: (...push) => seen.push(push), event: () => {}, gone: () => {}, onlyThese: () => {} },
    onPush: () => {},
  })
  const speaker = sources.connected()
  sources.said(speaker, { type: 'hello', source: KEEPER, pid: 1 })
  sources.said(speaker, { type: 'registry', snapshot: { time: 1, changes: [] }, unready: [] })
  expect(seen).toEqual([])
})

test('the decider says which further sockets are open, to which group, and for which processes', async () => {
  const pushed: string[] = []
  const sources = new Sources({
    gathering: { pushed: (source) => pushed.push(source), event: () => {}, gone: () => {}, onlyThese: () => {} },
    onPush: () => {},
    onSockets: (sockets) => server.adjust(sockets),
  })
  const folder = tempFolder()
  const server = await openRegistryServer(join(folder, 'registry.sock'), sources)
  onTestFinished(() => server.close())
  const gid = process.getgid?.() ?? 0
  const socket = { path: join(folder, 'shop.sock'), sources: ['shop-1'], gid }
  const say = (...sockets: (typeof socket)[]): void => {
    const decider = sources.connected()
    sources.said(decider, { type: 'hello', source: KEEPER, pid: 1 })
    sources.said(decider, { type: 'in-service', source: 'shop-1', pid: process.pid })
    sources.said(decider, { type: 'registry', snapshot: { time: 1, resources: [] }, unready: [], sockets })
  }
  const linkAs = (source: string): RegistryLink => {
    const link = new RegistryLink({
      path: socket.path,
      source,
      push: () => ({ type: 'registry', snapshot: { time: 1, resources: [] }, unready: [] }),
    })
    onTestFinished(() => link.close())
    return link
  }
  say(socket)
  await until(() => statSync(socket.path, { throwIfNoEntry: false }) && (statSync(socket.path).mode & 0o777) === 0o660)
  linkAs(KEEPER)
  const link = linkAs('shop-1')
  await until(() => pushed.includes('shop-1'))
  expect(pushed.filter((source) => source === KEEPER)).toHaveLength(1)
  say()
  await until(() => !existsSync(socket.path) && !link.isConnected)
})
