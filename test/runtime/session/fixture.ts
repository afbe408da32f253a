/** The real store behind a real socket, and as many instances as a test wants, each with its own resources. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { listenLocally } from '@spyglass/process/channel'
import type { SessionConfig } from '@spyglass/process/config'
import { openResources } from '../../../runtime/src/resource/index.ts'
import type { SessionAccess } from '../../../runtime/src/resource-type/resource-type.ts'
import { sessionAccess, sessionSecrets } from '../../../runtime/src/session/index.ts'
import { SessionLog } from '../../../runtime/src/session-store/session-log.ts'
import { Space } from '../../../runtime/src/session-store/space.ts'
import { StoreServer } from '../../../runtime/src/session-store/store-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'

export const SECRETS = { internal: { token: 'x'.repeat(43) } }
const repository = fileURLToPath(new URL('../../..', import.meta.url))

export interface TestStore {
  readonly socket: string
  readonly spaces: ReadonlyMap<string, Space>
  /** As a killed process leaves it: nothing is closed in order. */
  end(): Promise<void>
}

export async function startStore(folder: string): Promise<TestStore> {
  const spaces = new Map<string, Space>()
  const logs: SessionLog[] = []
  const store = new StoreServer({
    tokenOf: (space) => sessionSecrets(SECRETS, space).token,
    open(name) {
      const { log, sessions } = SessionLog.open({ folder: join(folder, name), onDamage: () => {} })
      logs.push(log)
      const isKnown = sessions.size > 0
      const space = new Space(sessions, log)
      spaces.set(name, space)
      return { space, isKnown }
    },
  })
  const socket = join(folder, 'sessions.sock')
  const server = net.createServer((connection) => store.connected(connection))
  await listenLocally(server, socket)
  return {
    socket,
    spaces,
    async end() {
      const closed = new Promise((resolve) => server.close(resolve))
      store.close()
      await closed
      for (const log of logs) log.close()
    },
  }
}

export type Given = Partial<SessionConfig>

export const accessTo = (socket: string): SessionAccess => sessionAccess(SECRETS, socket, ['visitors'])!

/** One instance with the sessions `visitors`. */
export async function openVisitors(socket: string, given: Given = {}, instance = 'shop-1') {
  const registry = createRegistry({ kindNamed })
  const lines: string[] = []
  const resources = await openResources({
    instance,
    registry,
    logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    folder: '/',
    applicationFolders: [repository],
    sessions: accessTo(socket),
    resources: { sessions: [{ ...given, name: 'visitors' }] },
  })
  return {
    visitors: resources.get('sessions', 'visitors'),
    lines,
    configure: (changes: Given) => resources.configure('sessions', [{ ...config, ...given, ...changes } as SessionConfig]),
    read: (attribute: string) => registry.find(`spyglass:type=Session,instance=${instance},name=visitors`)?.read(attribute),
    close: () => resources.close(0),
  }
}

export const config: SessionConfig = {
  name: 'visitors',
  store: 'server',
  sameSite: 'lax',
  secure: 'auto',
  persistent: false,
  idleMs: 1_800_000,
  rolling: true,
  lifetimeMs: 43_200_000,
  maxBytes: 16_384,
  maxSessions: 100_000,
  maxTotalBytes: 67_108_864,
  cacheEntries: 1000,
  timeoutMs: 5000,
  whenDown: 'closed',
}

export type Visitors = Awaited<ReturnType<typeof openVisitors>>

/** A store with one instance whose requests do what `handler` says. */
export async function openShop(handler: Handler, given: Given = {}) {
  const folder = tempFolder()
  const store = await startStore(folder)
  const instance = await openVisitors(store.socket, given)
  const server = await serve(plain(instance, handler))
  return {
    ...instance,
    store,
    folder,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server.close()
      await instance.close()
      await store.end()
    },
  }
}

export type Handler = (session: TestSession, request: IncomingMessage, response: ServerResponse) => unknown
type TestSession = Awaited<ReturnType<Visitors['visitors']['of']>>

/** A handler without a framework: what is thrown is answered as the server answers it. */
export const plain =
  ({ visitors }: Pick<Visitors, 'visitors'>, handler: Handler): http.RequestListener =>
  (request, response) => {
    void (async () => {
      try {
        const session = await visitors.of(request, response)
        const text = await handler(session, request, response)
        if (!response.writableEnded) response.end(typeof text === 'string' ? text : '')
      } catch (error) {
        response.statusCode = (error as { statusCode?: number }).statusCode ?? 500
        response.end((error as { code?: string }).code ?? String(error))
      }
    })()
  }

export async function serve(listener: http.RequestListener): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = http.createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A browser with one cookie. */
export class Browser {
  cookie: string | undefined
  setCookie: string | undefined

  async get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const response = await fetch(url, { headers: { ...(this.cookie === undefined ? {} : { cookie: this.cookie }), ...headers } })
    const set = response.headers.getSetCookie()[0]
    this.setCookie = set
    if (set !== undefined) this.cookie = /=;/.test(set) ? undefined : set.split(';', 1)[0]
    return `${response.status} ${await response.text()}`
  }
}
