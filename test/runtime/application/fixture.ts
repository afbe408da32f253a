/** Applications written to a folder of the test, hosted on a real HTTP server. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pino from 'pino'
import { type SpyglassEvent, createRegistry } from '@spyglass/agent'
import { kinds } from '@spyglass/mbeans/kinds'
import { type ApplicationHost, type HostOptions, hostApplications } from '../../../runtime/src/application/application-host.ts'
import type { ApplicationSettings } from '../../../runtime/src/application/hosted-application.ts'
import { type GivenResources, installResources, openResources } from '../../../runtime/src/resource/index.ts'
import type { SessionAccess } from '../../../runtime/src/resource-type/resource-type.ts'
import { HttpListener, type ListenerOptions } from '../../../runtime/process/src/listener/http-listener.ts'
import { accessLogsIn } from '../../support/access-logs.ts'

export type Files = Readonly<Record<string, string>>

/** Writes an application; without a package.json it gets one whose main is `main.mjs`. */
export function writeApplication(root: string, name: string, files: Files | string): string {
  const folder = join(root, name)
  const all: Files = typeof files === 'string' ? { 'package.json': '{"version":"1.2.3","main":"main.mjs"}', 'main.mjs': files } : files
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

export interface Deployed extends Pick<ApplicationSettings, 'admission' | 'health' | 'rateLimits' | 'realms' | 'sessions'> {
  readonly name: string
  readonly contextPath: string
  readonly files: Files | string
  readonly startTimeoutMs?: number
  readonly host?: string
}

/** Makes a place for applications to be hosted in; `await using` stops them, closes the server and deletes the files. */
export function openPlace(listening: ListenerOptions = {}) {
  const root = mkdtempSync(join(tmpdir(), 'spyglass-application-'))
  const events: SpyglassEvent[] = []
  const log: { msg: string; level: number }[] = []
  const registry = createRegistry({ kindNamed: (name) => Object.values(kinds).find((kind) => kind.name === name) })
  registry.onEvent((event) => events.push(event))
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(JSON.parse(line) as (typeof log)[number]) })
  let host: ApplicationHost | undefined
  let uninstall = (): void => {}
  const listener = new HttpListener(listening)

  /** Hosts the applications in this process, which they share. */
  async function deploy(
    applications: readonly Deployed[],
    {
      resources: given = {},
      sessions,
      ...more
    }: Partial<Pick<HostOptions, 'disabled' | 'onFailures' | 'hosts'>> & { resources?: GivenResources; sessions?: SessionAccess } = {},
  ): Promise<{ url: string; host: ApplicationHost }> {
    const settings: ApplicationSettings[] = applications.map(({ name, contextPath, files, startTimeoutMs = 5000, host: at, ...more }) => ({
      ...more,
      name,
      contextPath,
      startTimeoutMs,
      folder: writeApplication(root, name, files),
      ...(at === undefined ? {} : { host: at }),
    }))
    const around = { instance: 'http-1', registry, logger }
    const resources = await openResources({ ...around, folder: root, resources: given, sessions })
    if (sessions) uninstall = installResources(resources)
    const socket = { host: '127.0.0.1', port: 0 }
    host = await hostApplications({
      ...around,
      ...more,
      applications: settings,
      isolation: 'shared',
      listener,
      socket,
      address: socket,
      resources,
      accessLogs: accessLogsIn(join(root, 'access'), around),
    })
    return { host, url: `http://127.0.0.1:${listener.port}` }
  }

  return {
    root,
    listener,
    get port() {
      return listener.port
    },
    events,
    log,
    registry,
    deploy,
    read: (name: string, attribute: string) => registry.find(`spyglass:type=Application,instance=http-1,name=${name}`)?.read(attribute),
    accessLines: (name: string) =>
      readFileSync(join(root, 'access', `${name}.log`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async [Symbol.asyncDispose]() {
      await listener.drain(0)
      await host?.stop(500)
      uninstall()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** An application that answers with what it sees of a request. */
export const ECHO = `export default () => (req, res) => {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify({ url: req.url, originalUrl: req.originalUrl, prefix: req.headers['x-forwarded-prefix'] }))
}`
