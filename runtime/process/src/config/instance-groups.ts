/** Which groups of processes host the applications of a configuration, and what their instances are called. */
import type { ApplicationConfig, ListenerConfig, SpyglassConfig } from './schema.ts'

/** Instances that host the same applications and are replaced for each other. */
export interface InstanceGroup {
  /** The application with `isolation: own`, or the listener of the shared ones. */
  readonly name: string
  readonly isolation: ApplicationConfig['isolation']
  readonly listener: ListenerConfig
  readonly applications: readonly ApplicationConfig[]
  readonly replicas: number
}

type Configured = Pick<SpyglassConfig, 'applications' | 'listeners'>

/** In the order of the listeners. A listener without an application has a shared group: it answers health checks. */
export function instanceGroups({ listeners, applications }: Configured): readonly InstanceGroup[] {
  return listeners.flatMap((listener) => {
    const mine = applications.filter(({ enabled, listener: name }) => enabled && name === listener.name)
    const own = mine.filter(({ isolation }) => isolation === 'own')
    const shared = mine.filter(({ isolation }) => isolation === 'shared')
    return [
      ...own.map((application) => ownGroup(application, listener)),
      ...(own.length === 0 || shared.length > 0 ? [sharedGroup(shared, listener)] : []),
    ]
  })
}

function ownGroup(application: ApplicationConfig, listener: ListenerConfig): InstanceGroup {
  const { name, isolation, replicas = listener.instances } = application
  return { name, isolation, listener, applications: [application], replicas }
}

function sharedGroup(applications: readonly ApplicationConfig[], listener: ListenerConfig): InstanceGroup {
  return { name: listener.name, isolation: 'shared', listener, applications, replicas: listener.instances }
}

/** `shop-1`, `shop-2` … */
export function instanceNames({ name, replicas }: Pick<InstanceGroup, 'name' | 'replicas'>): readonly string[] {
  return Array.from({ length: replicas }, (_, at) => `${name}-${at + 1}`)
}
