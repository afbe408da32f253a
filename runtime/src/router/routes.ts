/** Which application a request is for, where that application is reached, and who logs what is answered in its place. */
import type { AccessLogConfig } from '@spyglass/process/checked-config'
import { mountText, type RefusalReason } from '@spyglass/process/listener'
import type { Logger } from '@spyglass/process/logger'
import { AccessLogs } from '../access-log/index.ts'
import { normaliseContextPath } from '../front/context-path.ts'
import { type HostNames, HostTable } from '../front/host-table.ts'
import { UNCLAIMED, Unclaimed } from '../front/unclaimed.ts'
import { Upstream, type UpstreamState } from './upstream.ts'

/** The applications of a listener. It may change at any time. */
export interface RoutingTable {
  readonly hosts: readonly HostNames[]
  readonly routes: readonly RouteConfig[]
  /** Of each application, and of what belongs to none (`_server`); without an entry nothing is logged. */
  readonly accessLogs: Readonly<Record<string, AccessLogConfig>>
}

export interface RouteConfig {
  readonly application: string
  readonly host: string
  readonly contextPath: string
  /** Path of the Unix socket that its processes serve; several applications may share one. Missing: it is disabled. */
  readonly path?: string
}

export interface Route {
  /** Which application it is, in the words of the header that its process reads. */
  readonly mount: string
  readonly host: string
  readonly contextPath: string
  /** Undefined for one that is disabled. */
  readonly upstream: Upstream | undefined
  readonly owner: Unclaimed
}

export interface RoutesOptions {
  readonly instance: string
  readonly logger: Logger
}

export class Routes {
  readonly #accessLogs: AccessLogs
  #logConfigs: RoutingTable['accessLogs']
  readonly unclaimed: Unclaimed
  readonly #owners = new Map<string, Unclaimed>()
  readonly #upstreams = new Map<string, Upstream>()
  #states: Readonly<Record<string, UpstreamState>> = {}
  #table: HostTable<Route>

  constructor(table: RoutingTable, options: RoutesOptions) {
    this.#logConfigs = table.accessLogs
    this.#accessLogs = new AccessLogs({ ...options, configOf: (name) => this.#logConfigs[name] ?? NO_LOG })
    this.unclaimed = this.#ownerNamed(UNCLAIMED, '')
    this.#table = this.#tableOf(table)
  }

  /** Why no request can be served; none: some can. */
  get unready(): readonly string[] {
    const states = [...this.#upstreams.values()].map(({ state }) => state)
    return states.length === 0 || states.includes('serving') ? [] : ['no application has a ready instance']
  }

  /** The application with the longest context path on the host that is asked for. `url`: path and query. */
  find(host: string | undefined, url: string): Route | undefined {
    return this.#table.find(host, url)
  }

  /** Where a request is to go, or why nowhere. */
  targetOf(host: string, url: string): { readonly upstream: Upstream; readonly mount: string } | { readonly reason: RefusalReason } {
    const route = this.find(host, url)
    if (!route) return { reason: 'no_application' }
    const { upstream, mount } = route
    if (!upstream) return { reason: 'application_disabled' }
    return upstream.state === 'serving' ? { upstream, mount } : { reason: 'no_instance' }
  }

  /** Why a request failed: that its application has left in the meantime, not that it was leaving. */
  reasonNow(reason: RefusalReason, host: string, url: string): RefusalReason {
    if (reason !== 'bad_gateway' && reason !== 'no_instance') return reason
    const target = this.targetOf(host, url)
    return 'reason' in target && target.reason !== 'no_instance' ? target.reason : reason
  }

  /** Who speaks for the application that a request is for. */
  ownerOf(host: string | undefined, url: string): Unclaimed {
    return this.find(host, url)?.owner ?? this.unclaimed
  }

  /** Requests are routed by this table from now on. Those under way go on. */
  set(table: RoutingTable): void {
    this.#logConfigs = table.accessLogs
    this.#accessLogs.changed()
    this.#table = this.#tableOf(table)
    const paths = new Set(table.routes.map(({ path }) => path))
    for (const [path, upstream] of this.#upstreams) {
      if (paths.has(path)) continue
      upstream.close()
      this.#upstreams.delete(path)
    }
    const names = new Set(table.routes.map(({ application }) => application))
    for (const [name, owner] of this.#owners) if (!names.has(name) && owner !== this.unclaimed) this.#drop(name, owner)
  }

  /** By path; what is not named is served. */
  setStates(states: Readonly<Record<string, UpstreamState>>): void {
    this.#states = states
    for (const [path, upstream] of this.#upstreams) upstream.set(states[path] ?? 'serving')
  }

  sweep(): void {
    for (const upstream of this.#upstreams.values()) upstream.sweep()
  }

  async stop(): Promise<void> {
    for (const upstream of this.#upstreams.values()) upstream.close()
    await Promise.all([...this.#owners.values()].map((owner) => owner.stop()))
  }

  #drop(name: string, owner: Unclaimed): void {
    this.#owners.delete(name)
    void owner.stop()
  }

  #tableOf({ hosts, routes }: RoutingTable): HostTable<Route> {
    const all = routes.map(({ application, host, contextPath, path }): Route => {
      const mounted = normaliseContextPath(contextPath)
      return {
        host,
        contextPath: mounted,
        mount: mountText({ application, contextPath: mounted }),
        upstream: path === undefined ? undefined : this.#upstreamAt(path),
        owner: this.#ownerNamed(application, mounted),
      }
    })
    return new HostTable(hosts, all)
  }

  #upstreamAt(path: string): Upstream {
    let upstream = this.#upstreams.get(path)
    if (!upstream) {
      upstream = new Upstream(path)
      upstream.set(this.#states[path] ?? 'serving')
      this.#upstreams.set(path, upstream)
    }
    return upstream
  }

  #ownerNamed(name: string, contextPath: string): Unclaimed {
    const known = this.#owners.get(name)
    if (known?.contextPath === contextPath) return known
    if (known) void known.stop()
    const owner = new Unclaimed(this.#accessLogs.open(name), { name, contextPath })
    this.#owners.set(name, owner)
    return owner
  }
}

const NO_LOG: AccessLogConfig = { enabled: false, format: 'json', to: 'file', file: '' }
