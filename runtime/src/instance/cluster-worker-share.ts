/** Makes what a worker of node:cluster serves with from the share of its instance. */
import { currentAgent } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { accessLogOf, noResources } from '@spyglass/process/checked-config'
import { HttpListener } from '@spyglass/process/listener'
import { createLogger } from '@spyglass/process/logger'
import { AccessLogs } from '../access-log/index.ts'
import { askForShare, serveInWorker } from '../application/cluster-worker.ts'
import { findEntry } from '../application/program/entry.ts'
import { listenerOptions } from '../front/listener-options.ts'
import type { InstanceShare } from './share.ts'

/** A worker opens no resource and needs no password of one. */
export const workerShareOf = (share: InstanceShare): InstanceShare => ({
  ...share,
  resources: noResources,
  sessions: undefined,
  disabled: [],
})

type Application = InstanceShare['applications'][number]

/** A change of settings comes as another share; those of its admission count at once. */
const withPresentAdmission = (application: Application, present: () => Application | undefined): Application =>
  Object.defineProperty({ ...application }, 'admission', { get: () => present()?.admission ?? application.admission, enumerable: true })

export async function beginWorker(): Promise<void> {
  const serving: { readdress?: ReturnType<typeof serveInWorker> } = {}
  let share = await askForShare<InstanceShare>((changed) => {
    share = changed
    accessLogs.changed()
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
  const { port } = await findEntry(application.folder, application)
  serving.readdress = serveInWorker({
    application: withPresentAdmission(share.applications[0] ?? application, () => share.applications[0]),
    port,
    hosts: share.hosts,
    listener: new HttpListener(await listenerOptions(share)),
    instance,
    registry: currentAgent()?.registry ?? createRegistry({ kindNamed }),
    logger,
    accessLogs,
    unclaimedSettings: isolation === 'user' ? application.name : undefined,
  })
}
