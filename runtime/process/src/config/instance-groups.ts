/** Which groups of processes host the applications of a configuration, and what their instances are called. */
import type { ApplicationConfig, ListenerConfig, SpyglassConfig } from './schema.ts'

/** Instances that host the same applications and are replaced for each other. */
export interface InstanceGroup {
  /** The application with its own processes, or the listener of the shared ones. */
  readonly name: string
  readonly isolation: ApplicationConfig['isolation']
  readonly listener: ListenerConfig
  readonly applications: readonly ApplicationConfig[]
  readonly replicas: number
  /** `listener`: its processes serve the sockets of the listener. `router`: a private address, since the listener has several groups. `none`: it has no port. */
  readonly reachedBy: 'listener' | 'router' | 'none'
}

type Configured = Pick<SpyglassConfig, 'applications' | 'listeners'>

/** Whether an application has no port, and processes of its own: it takes no place on its listener. */
export const isWorkerAlone = ({ isolation, worker }: Pick<ApplicationConfig, 'isolation' | 'worker'>): boolean =>
  worker && isolation !== 'shared'

type Placed = Omit<InstanceGroup, 'reachedBy'>

/** In the order of the listeners. A listener that no application serves has a shared group: it answers health checks. */
export function instanceGroups({ listeners, applications }: Configured): readonly InstanceGroup[] {
  return listeners.flatMap((listener) => {
    const mine = applications.filter(({ enabled, listener: name }) => enabled && name === listener.name)
    const own = mine.filter(({ isolation }) => isolation !== 'shared')
    const shared = mine.filter(({ isolation }) => isolation === 'shared')
    const placed = [
      ...own.map((application) => ownGroup(application, listener)),
      ...(own.every(isWorkerAlone) || shared.length > 0 ? [sharedGroup(shared, listener)] : []),
    ]
    const reachedBy = placed.filter(hasPort).length > 1 ? 'router' : 'listener'
    return placed.map((group) => ({ ...group, reachedBy: hasPort(group) ? reachedBy : 'none' }))
  })
}

/** Groups of a listener between which a router chooses; none: it has no router. */
export function routedGroups(config: Configured, { name }: ListenerConfig): readonly InstanceGroup[] {
  return instanceGroups(config).filter(({ listener, reachedBy }) => listener.name === name && reachedBy === 'router')
}

/** Name of the router process of a listener. */
export const routerName = ({ name }: Pick<ListenerConfig, 'name'>): string => `router-${name}`

const hasPort = ({ applications }: Placed): boolean => applications.length === 0 || !applications.every(isWorkerAlone)

function ownGroup(application: ApplicationConfig, listener: ListenerConfig): Placed {
  const { name, isolation, replicas = listener.instances } = application
  return { name, isolation, listener, applications: [application], replicas }
}

function sharedGroup(applications: readonly ApplicationConfig[], listener: ListenerConfig): Placed {
  return { name: listener.name, isolation: 'shared', listener, applications, replicas: listener.instances }
}

/** `shop-1`, `shop-2` … */
export function instanceNames({ name, replicas }: Pick<InstanceGroup, 'name' | 'replicas'>): readonly string[] {
  return Array.from({ length: replicas }, (_, at) => `${name}-${at + 1}`)
}
