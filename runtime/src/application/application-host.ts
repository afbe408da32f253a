/**
 * Hosts applications behind one listener, by context path. HTTP requests only: WebSocket upgrades reach an application when it listens
 * itself. All applications of one host share the process and Node's module cache; to be apart they run in instances of their own.
 */
import { type Registry, currentAgent } from '@spyglass/agent'
import type { Logger } from '@spyglass/process/logger'
import { AccessLog, type AccessForm } from '../access-log/index.ts'
import type { Datasources } from '../datasource/index.ts'
import type { Traffic } from '../listener/http-listener.ts'
import { normaliseContextPath, originForm } from './context-path.ts'
import { fail } from './errors.ts'
import { DEFAULT_HOST, type HostNames, HostTable } from './host-table.ts'
import { type ApplicationSettings, HostedApplication } from './hosted-application.ts'
import { watchRoutes } from './route-of-request.ts'
import { UNCLAIMED, Unclaimed } from './unclaimed.ts'

export interface HostOptions {
  readonly applications: readonly ApplicationSettings[]
  /** Virtual hosts besides `server`. */
  readonly hosts?: readonly HostNames[]
  /** Name of the instance. */
  readonly instance: string
  readonly registry: Registry
  readonly logger: Logger
  readonly datasources: Datasources
  /** If omitted, requests are not logged. */
  readonly accessLog?: { readonly folder: string; readonly form?: AccessForm | undefined }
}

export interface ApplicationHost extends Traffic {
  readonly applications: readonly HostedApplication[]
  /** Lets running requests end and closes the applications, at most `deadlineMs`. Idempotent; never rejects. */
  stop(deadlineMs: number): Promise<void>
}

/**
 * Starts all applications at once; ready when all are.
 * @throws SPY_APPLICATION_FAILED, after the event; the others are closed again. SPY_CONTEXT_PATH_TAKEN
 */
export async function hostApplications(options: HostOptions): Promise<ApplicationHost> {
  refuseSamePaths(options.applications)
  const stopWatching = options.accessLog && !currentAgent() ? watchRoutes() : undefined
  const applications = options.applications.map((settings) => applicationOf(settings, options))
  const unclaimed = new Unclaimed(accessLogOf(UNCLAIMED, options))
  const stop = async (deadlineMs: number): Promise<void> => {
    await Promise.all(applications.map((application) => application.stop(deadlineMs)))
    await unclaimed.stop()
    stopWatching?.()
  }
  const started = await Promise.allSettled(applications.map((application) => application.start()))
  const failure = started.find((result) => result.status === 'rejected')
  if (failure) {
    await stop(1000)
    throw failure.reason
  }
  const table = new HostTable(options.hosts ?? [], applications)
  return {
    applications,
    stop,
    refused: (request, response, reason) => unclaimed.refuse(request, response, reason),
    unreadable: (refused) => unclaimed.unreadable(refused),
    upgrade: (_request, socket) => socket.destroy(),
    request(_event, request, response) {
      const url = originForm(request.url ?? '/')
      const owner = table.find(request.headers.host, url) ?? unclaimed
      owner.serve(request, response, url)
    },
  }
}

function applicationOf(settings: ApplicationSettings, options: HostOptions): HostedApplication {
  return new HostedApplication(settings, { ...options, accessLog: accessLogOf(settings.name, options) })
}

function accessLogOf(application: string, { accessLog, instance, logger }: HostOptions): AccessLog | undefined {
  return accessLog && new AccessLog({ ...accessLog, application, instance, logger })
}

function refuseSamePaths(applications: readonly ApplicationSettings[]): void {
  const names = new Map<string, string>()
  for (const { name, contextPath, host = DEFAULT_HOST } of applications) {
    const path = `${host} ${normaliseContextPath(contextPath)}`
    const other = names.get(path)
    if (other !== undefined) throw fail('SPY_CONTEXT_PATH_TAKEN', [other, name, contextPath])
    names.set(path, name)
  }
}
