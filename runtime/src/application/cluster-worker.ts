/**
 * A worker that the program of an instance forked with node:cluster. The program runs in it as Node starts it; the first TCP server that it opens is served as
 * that of an instance is: limits, TLS, the router in front, access log, counts, and an end that loses no request.
 */
import type { Server } from 'node:net'
import http from 'node:http'
import { type Registry, currentAgent } from '@spyglass/agent'
import type { HttpListener } from '@spyglass/process/listener'
import type { Logger } from '@spyglass/process/logger'
import { Admission } from '../admission/index.ts'
import type { AccessLogs } from '../access-log/index.ts'
import type { Resources } from '../resource/index.ts'
import { UNCLAIMED, Unclaimed } from '../front/unclaimed.ts'
import { type Addresses, ApplicationTraffic, refuseProtocol } from './application-host.ts'
import { type FromWorker, listen, tell } from './cluster-messages.ts'
import { type ApplicationSettings, HostedApplication } from './hosted-application.ts'
import type { ListenRequest } from './program/listen-request.ts'
import { ListenTakeOver, listenReally, takeOverProcess } from './program/listen-take-over.ts'

export interface ClusterWorkerOptions {
  readonly application: ApplicationSettings
  /** Port in the program whose server is the application's. Default: the first that is not 0. */
  readonly port: number | undefined
  readonly hosts: Addresses['hosts']
  readonly listener: HttpListener
  /** Name of the instance. */
  readonly instance: string
  readonly registry: Registry
  readonly logger: Logger
  readonly accessLogs: AccessLogs
  /** Its rate limits; undefined: it has none. */
  readonly resources: Resources | undefined
  /** Of an application with a user of its own: where requests are logged that it has not. */
  readonly unclaimedSettings: string | undefined
}

/** Asks the instance what to serve with. `onChange` is called when that changes. */
export function askForShare<Share>(onChange: (share: Share) => void): Promise<Share> {
  return new Promise((resolve) => {
    let isAsking = true
    listen(process, (message) => {
      if (message.type !== 'share') return
      if (isAsking) resolve(message.share as Share)
      else onChange(message.share as Share)
      isAsking = false
    })
    say({ type: 'ask' })
  })
}

/** From now on the first TCP server of this process is the application's. Called before the program runs. The result takes in addresses that have changed. */
export function serveInWorker(options: ClusterWorkerOptions): (addresses: Addresses) => void {
  const { listener, application: settings, accessLogs, logger, port, hosts = [], unclaimedSettings } = options
  const unclaimed = new Unclaimed(accessLogs.open(UNCLAIMED, unclaimedSettings))
  const traffic = new ApplicationTraffic(unclaimed)
  const open = async (server: Server, request?: ListenRequest): Promise<void> => {
    if (listener.isBehindRouter && !(server instanceof http.Server)) return refuseProtocol(server, settings.name)
    listener.use(server, traffic)
    const { port: asked, host, options: more, callback } = request as ListenRequest
    listenReally(server, { ...more, port: asked, ...(host === undefined ? {} : { host }) }, ...(callback ? [callback] : []))
  }
  const application = new HostedApplication(settings, {
    ...options,
    place: { isAlone: true, open },
    admission: new Admission(),
    accessLog: accessLogs.open(settings.name),
  })
  traffic.serve(hosts, [application])
  takeOverProcess(
    new WorkerTakeOver({ port, open: (server, request) => void application.serveListening(server, request), onFurther: () => {} }),
  )
  listen(process, (message) => {
    if (message.type === 'ping') say({ type: 'pong' })
    if (message.type === 'drain')
      void drain(message.deadlineMs).catch((error: unknown) => logger.error({ err: error }, 'the worker could not drain'))
  })

  async function drain(deadlineMs: number): Promise<void> {
    const drained = listener.drain(deadlineMs)
    application.drain()
    const cut = await drained
    await accessLogs.flush()
    await currentAgent()?.flush(FLUSH_MS) // its primary is told the last counts, too
    say({ type: 'drained', cut })
  }

  return (addresses) => traffic.readdress(addresses, [application])
}

const FLUSH_MS = 500

const say = (message: FromWorker): void => tell(process, message)

/** What else it listens on it shares with its siblings, as cluster does. */
class WorkerTakeOver extends ListenTakeOver {
  override further(request: ListenRequest): ListenRequest {
    return request
  }
}
