/** Makes what a worker of node:cluster serves with from the share of its instance. */
import { currentAgent } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { accessLogOf, resourcesOfWorker } from '@spyglass/process/checked-config'
import { HttpListener } from '@spyglass/process/listener'
import { createLogger, type Logger } from '@spyglass/process/logger'
import { workerLists } from '@spyglass/process/settings'
import { AccessLogs } from '../access-log/index.ts'
import { askForShare, serveInWorker } from '../application/cluster-worker.ts'
import { fail } from '../application/errors.ts'
import { findEntry } from '../application/program/entry.ts'
import { listenerOptions } from '../front/listener-options.ts'
import type { Resources } from '../resource/index.ts'
import type { InstanceShare } from './share.ts'

/** A worker opens few resources, and needs no password of others. */
export const workerShareOf = (share: InstanceShare): InstanceShare => ({
  ...share,
  resources: resourcesOfWorker(share.resources),
  sessions: undefined,
  jobs: undefined,
  disabled: [],
})

type Application = InstanceShare['applications'][number]

/** A change of settings comes as another share; those of its admission count at once. */
const withPresentAdmission = (application: Application, present: () => Application | undefined): Application =>
  Object.defineProperty({ ...application }, 'admission', { get: () => present()?.admission ?? application.admission, enumerable: true })

/** They count what comes to this worker, and are not shown: the names are those of its primary. Without any, no module of resources is loaded. */
async function openOwn({ instance, applications, resources, data }: InstanceShare, logger: Logger): Promise<Resources | undefined> {
  if (workerLists.every((list) => resources[list].length === 0)) return undefined
  const { installResources, openResources } = await import('../resource/index.ts')
  const opened = await openResources({
    resources,
    folder: data,
    applicationFolders: applications.map(({ folder }) => folder),
    instance,
    registry: createRegistry({ kindNamed }),
    logger,
  })
  installResources(opened)
  process.once('disconnect', () => void opened.close(0)) // a connection to a Redis would keep a worker that has left its cluster
  return opened
}

export async function beginWorker(): Promise<void> {
  const serving: { readdress?: ReturnType<typeof serveInWorker>; resources?: Resources | undefined } = {}
  let share = await askForShare<InstanceShare>((changed) => {
    share = changed
    accessLogs.changed()
    for (const list of workerLists) serving.resources?.configure(list, changed.resources[list])
    serving.readdress?.(changed)
  })
  const { instance, applications, isolation } = share
  const [application] = applications
  if (!application) return
  const logger = createLogger({ process: instance, level: share.logLevel, levels: share.logLevels })
  const accessLogs = new AccessLogs({
    configOf: (name) => accessLogOf({ logs: { access: share.accessLog }, applications: share.applications }, share, name),
    instance,
    logger,
  })
  const { port, isGuarded } = await findEntry(application.folder, application)
  if (isGuarded) throw fail('SPY_ACCESS_CLUSTER', [application.name])
  serving.resources = await openOwn(share, logger)
  serving.readdress = serveInWorker({
    application: withPresentAdmission(share.applications[0] ?? application, () => share.applications[0]),
    port,
    hosts: share.hosts,
    listener: new HttpListener(await listenerOptions(share)),
    instance,
    registry: currentAgent()?.registry ?? createRegistry({ kindNamed }),
    logger,
    accessLogs,
    resources: serving.resources,
    unclaimedSettings: isolation === 'user' ? application.name : undefined,
  })
}
