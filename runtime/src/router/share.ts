/** What a router is given to work with. */
import {
  accessLogOf,
  type DataFolder,
  type InstanceGroup,
  type ListenerConfig,
  privateSocket,
  type SpyglassConfig,
} from '@spyglass/process/checked-config'
import { UNCLAIMED } from '../front/unclaimed.ts'
import { disabledOn, redirectPortOf } from '../instance/share.ts'
import type { RoutingTable } from './routes.ts'

/** Its first message. The routing table follows, and may change at any time. */
export interface RouterShare {
  /** Name of the process: `router-http`. */
  readonly instance: string
  readonly listener: ListenerConfig
  readonly redirectPort: number | undefined
  readonly headersTimeoutMs: number
  readonly logLevel: SpyglassConfig['logs']['level']
  readonly logLevels: SpyglassConfig['logs']['levels']
}

export function routerShareOf(config: SpyglassConfig, listener: ListenerConfig, name: string): RouterShare {
  return {
    instance: name,
    listener: { ...listener, compression: false }, // responses are compressed where they are made
    redirectPort: redirectPortOf(config, listener),
    headersTimeoutMs: config.server.headersTimeoutMs,
    logLevel: config.logs.level,
    logLevels: config.logs.levels,
  }
}

/** The applications of a listener's groups, with the settings of their access logs. */
export function routingTableOf(
  config: SpyglassConfig,
  { listener, groups }: { readonly listener: ListenerConfig; readonly groups: readonly InstanceGroup[] },
  folder: DataFolder,
): RoutingTable {
  const routes = groups.flatMap((group) =>
    group.applications.map(({ name, host, contextPath }) => ({
      application: name,
      host,
      contextPath,
      path: privateSocket(folder, group.name),
    })),
  )
  const disabled = disabledOn(listener, config)
  const all = [...routes, ...disabled.map(({ name, host, contextPath }) => ({ application: name, host, contextPath }))]
  const accessLogs = Object.fromEntries(
    [...all.map(({ application }) => application), UNCLAIMED].map((name) => [name, accessLogOf(config, folder, name)]),
  )
  return { hosts: config.hosts, routes: all, accessLogs }
}
