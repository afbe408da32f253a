/** From the configuration to what the keeper needs: which processes, in which order, with which sockets and environment. */
import { mkdirSync } from 'node:fs'
import {
  type Checked,
  checkedArguments,
  type DataFolder,
  type InstanceGroup,
  instanceGroups,
  instanceNames,
  jobsSocket,
  listenerAddress,
  outputFileOf,
  type ListenerConfig,
  privateSocket,
  registrySocket,
  reportFolder,
  routedGroups,
  routerName,
  sessionSocket,
  type SpyglassConfig,
  writeChecked,
} from '@spyglass/process/checked-config'
import type { Damage } from '@spyglass/process/durable-file'
import { resourceLists } from '@spyglass/process/settings'
import { serverIdentity } from '@spyglass/process/server-identity'
import { version } from '../version.ts'
import { withoutLive } from '../administration/index.ts'
import { type Addresses, applicationAddresses, type InstanceShare, shareOf } from '../instance/share.ts'
import { jobsAccess } from '../jobs/jobs-access.ts'
import { sessionAccess } from '../session/session-access.ts'
import { INSPECT_FLAG } from '../decider/blocked-stack.ts'
import { reportFlags } from '../decider/crash-report.ts'
import type { ProcessPlan, ServerPlan } from '../decider/server-plan.ts'
import type { LaunchSpec, PrivateAddress, TcpAddress } from '../holder/orders.ts'
import { routerShareOf, routingTableOf } from '../router/share.ts'
import type { RoutingTable } from '../router/routes.ts'
import { instanceEnvironment, serviceEnvironment, storeEnvironment } from './environment.ts'
import { agentRegisterUrl, baseExecArgv, entryOf, guardOutputFile, ownEntry } from './part-scripts.ts'
import { jobSockets, managementSockets, sessionSockets } from './own-sockets.ts'
import { portsOf, type Role } from './ports.ts'
import { instancePolicy, routerPolicy, servicePolicy } from './policies.ts'
import { prepareProtections, protectionOf } from './protection.ts'

export interface PlanInput extends Checked {
  readonly folder: DataFolder
  readonly role: Role
  /** Called when `server-id` is damaged. */
  readonly onDamage?: (damage: Damage) => void
  /** A traffic generator to run beside: its script and arguments. */
  readonly traffic?: { readonly script: string; readonly args: readonly string[] }
}

/** Node's remarks on its own features would stand between the lines of the server log. */
const QUIET = '--disable-warning=ExperimentalWarning'
/** Our own processes hold little that lives short: V8's default of 16 MB for each half of the young generation would only fill up. */
const SMALL_HEAP = '--max-semi-space-size=2'

/** Stages of the start; stops go the other way. */
const stages = {
  store: 0,
  collector: 1,
  management: 2,
  'snmp-bridge': 3,
  'session-store': 3,
  'job-store': 3,
  instances: 4,
  routers: 5,
  traffic: 6,
} as const

export function planOf(input: PlanInput): ServerPlan {
  const { config, folder, secrets, role } = input
  const protections = instanceGroups(config).map((group) => protectionOf(group, input))
  return {
    serverName: config.server.name,
    serverId: serverIdentity(folder, input.onDamage),
    version,
    dataRoot: folder.root,
    runFolder: folder.run,
    logFile: folder.serverLog,
    listeners: [
      ...config.listeners.flatMap(addressesOf),
      ...instanceGroups(config).flatMap((group) => (group.reachedBy === 'router' ? [privateAddressOf(group, folder)] : [])),
    ],
    ports: portsOf(config, role),
    processes: processesOf(input),
    disabled: disabledOf(config),
    routing: routingOf(input),
    addresses: applicationAddressesOf(input),
    standIn: {
      script: ownEntry('stand-in/stand-in-main'),
      args: checkedArguments(folder.run),
      execArgv: [...baseExecArgv, QUIET, SMALL_HEAP],
      env: instanceEnvironment({ config, folder, instance: 'stand-in', applications: [], serverId: serverIdentity(folder), secrets }),
    },
    standInPolicy: servicePolicy(config),
    registry: registrySocket(folder),
    sockets: protections.flatMap(({ socket }) => socket ?? []),
    prepare() {
      mkdirSync(reportFolder(folder), { recursive: true, mode: 0o700 })
      writeChecked(folder.run, input)
      prepareProtections(protections, folder)
    },
  }
}

/** A process is not replaced for a live setting: it is made from the configuration without those, and gets their values besides. */
function processesOf(input: PlanInput): readonly ProcessPlan[] {
  const all = (config: SpyglassConfig): readonly ProcessPlan[] => [
    ...services({ ...input, config }),
    ...instanceGroups(config).flatMap((group) => instancesOf(group, { ...input, config })),
    ...config.listeners.flatMap((listener) => routerOf(listener, { ...input, config })),
  ]
  const made = all(withoutLive(input.config))
  return all(input.config).map((plan, at) => ({ ...plan, madeFrom: made[at] ?? plan }))
}

/** Its own address, then the further ones. A listener that moves to another address is another one. */
function addressesOf({ name, host, port, addresses }: ListenerConfig): readonly TcpAddress[] {
  return [{ host, port }, ...addresses.map(listenerAddress)].map((address) => ({
    id: `${name}@${address.host}:${address.port}`,
    name,
    ...address,
  }))
}

/** The address of a group behind a router. All its instances and generations serve the one socket, as they would that of a listener. */
function privateAddressOf({ name }: InstanceGroup, folder: DataFolder): PrivateAddress {
  const path = privateSocket(folder, name)
  return { id: `${name}@unix:${path}`, name, path }
}

/** Of a process of the server: no application has a name with a colon. */
const ownGroup = (process: string): string => `server:${process}`

/** Our own processes read the configuration as it was checked at the start, not what the file may have become since. */
function services(input: PlanInput): readonly ProcessPlan[] {
  const { config, folder, role, traffic } = input
  const service = (name: keyof typeof stages, script: string, more: Partial<LaunchSpec> = {}): ProcessPlan => ({
    process: {
      name,
      group: ownGroup(name),
      kind: 'service',
      listeners: [],
      overlaps: false,
      stage: stages[name],
      policy: servicePolicy(config),
    },
    launch: {
      name,
      script,
      args: checkedArguments(folder.run),
      execArgv: [...baseExecArgv, QUIET, SMALL_HEAP],
      env: serviceEnvironment(folder),
      listeners: {},
      registry: registrySocket(folder),
      hasChannel: true,
      ...more,
    },
  })
  const storage = (): readonly ProcessPlan[] => [
    service('store', entryOf('@spyglass/collector', 'store-main'), { env: storeEnvironment(folder) }),
    service('collector', entryOf('@spyglass/collector', 'collector-main'), traffic ? { env: { SPYGLASS_DEMO: '1' } } : {}),
  ]
  return [
    ...(role === 'all' ? storage() : []),
    service('management', ownEntry('management/management-main'), { listeners: managementSockets }),
    ...(config.snmp.enabled ? [service('snmp-bridge', entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'))] : []),
    ...(hasSessionStore(config)
      ? [service('session-store', ownEntry('session-store/session-store-main'), { listeners: sessionSockets })]
      : []),
    ...(hasJobStore(config) ? [service('job-store', ownEntry('job-store/job-store-main'), { listeners: jobSockets })] : []),
    ...(traffic ? [service('traffic', traffic.script, { args: traffic.args, hasChannel: false })] : []),
  ]
}

/** Whether an application uses sessions that this server keeps itself. */
const hasSessionStore = ({ sessions, applications }: SpyglassConfig): boolean =>
  sessions.some(({ name, store }) => store === 'server' && applications.some((one) => one.enabled && one.sessions.includes(name)))

/** Whether an application uses jobs that this server keeps itself. */
const hasJobStore = ({ jobs, applications }: SpyglassConfig): boolean =>
  jobs.some(({ name, store }) => store === 'server' && applications.some((one) => one.enabled && one.jobs.includes(name)))

const namesOfServer = (entries: readonly { readonly name: string; readonly store: string }[]): readonly string[] =>
  entries.flatMap(({ name, store }) => (store === 'server' ? [name] : []))

/** The share of an instance, with what leads to its sessions and jobs. `state` is a folder of the server that it may write to. */
function fullShareOf(group: InstanceGroup, name: string, { config, folder, secrets }: PlanInput, state: string): InstanceShare {
  const share = { ...shareOf(config, group, name, folder.accessLogs), state }
  const names = share.resources.sessions.map((sessions) => sessions.name)
  const sessions = sessionAccess(secrets, sessionSocket(folder), names)
  const jobs = jobsAccess(secrets, jobsSocket(folder), namesOfServer(share.resources.jobs))
  return { ...share, ...(sessions ? { sessions } : {}), ...(jobs ? { jobs } : {}) }
}

/** An instance gets its share of the configuration as a message: it reads no file that describes its neighbours. */
function instancesOf(group: InstanceGroup, input: PlanInput): readonly ProcessPlan[] {
  const { config, folder, secrets } = input
  const { listener, applications, isolation } = group
  const { flags, environment, user, home, socket } = protectionOf(group, input)
  const ids = socketsOf(group, folder)
  const reports = home?.reports ?? reportFolder(folder)
  return instanceNames(group).map((name): ProcessPlan => ({
    process: {
      name,
      group: group.name,
      kind: 'instance',
      listeners: ids,
      overlaps: true,
      stage: stages.instances,
      policy: instancePolicy(group, config),
    },
    launch: {
      name,
      script: ownEntry('instance/instance-main'),
      args: [name],
      execArgv: [
        ...baseExecArgv,
        QUIET,
        '--require',
        guardOutputFile(),
        '--import',
        agentRegisterUrl(),
        INSPECT_FLAG,
        ...reportFlags(reports),
        ...flags,
        ...flagsOf(group),
      ],
      env: instanceEnvironment({
        config,
        folder,
        instance: name,
        applications,
        port: group.reachedBy === 'none' ? undefined : listener.port,
        serverId: serverIdentity(folder),
        secrets,
        protection: environment,
      }),
      ...(applications.length === 1 && applications[0] ? { application: applications[0].name } : {}),
      ...(isolation !== 'shared' && applications[0] ? { cwd: applications[0].folder } : {}),
      listeners: Object.fromEntries(ids.map((id, at) => [at === 0 ? listener.name : id, id])),
      ...(user ? { user } : {}),
      ...outputOf(group, folder),
      registry: socket?.path ?? registrySocket(folder),
      hasChannel: true,
    },
    share: fullShareOf(group, name, input, home?.root ?? folder.state),
    isolation,
    reports,
    ...hostedBy(group),
  }))
}

function hostedBy({ applications }: InstanceGroup): Required<Pick<ProcessPlan, 'entries' | 'applications'>> {
  const resources = resourceLists.map((list) => [list, applications.flatMap((application) => application[list])])
  return {
    entries: { ...Object.fromEntries(resources), applications: applications.map(({ name }) => name) },
    applications: applications.map(({ name, contextPath, folder }) => ({ name, contextPath, folder })),
  }
}

function outputOf({ applications: [application], isolation }: InstanceGroup, folder: DataFolder): Pick<LaunchSpec, 'output'> {
  const output = application && isolation !== 'shared' ? outputFileOf(application, folder) : undefined
  return output === undefined ? {} : { output }
}

function socketsOf(group: InstanceGroup, folder: DataFolder): readonly string[] {
  if (group.reachedBy === 'none') return []
  return group.reachedBy === 'router' ? [privateAddressOf(group, folder).id] : addressesOf(group.listener).map(({ id }) => id)
}

const disabledOf = ({ applications }: SpyglassConfig): ServerPlan['disabled'] =>
  applications
    .filter(({ enabled }) => !enabled)
    .map(({ name, contextPath, folder, isolation, listener }) => ({
      instance: `${isolation === 'shared' ? listener : name}-1`,
      name,
      contextPath,
      folder,
    }))

function routingOf({ config, folder }: PlanInput): Readonly<Record<string, RoutingTable>> {
  const groups = instanceGroups(config).filter(({ reachedBy, applications }) => reachedBy !== 'none' && applications.length > 0)
  const tables = config.listeners.map((listener): [string, RoutingTable] => [
    routerName(listener),
    routingTableOf(config, { listener, groups: groups.filter((group) => group.listener.name === listener.name) }, folder),
  ])
  return Object.fromEntries(tables)
}

function applicationAddressesOf({ config, folder }: PlanInput): Readonly<Record<string, Addresses>> {
  const groups = instanceGroups(config).filter(({ reachedBy }) => reachedBy === 'listener')
  const of = (group: InstanceGroup, name: string): Addresses => applicationAddresses(shareOf(config, group, name, folder.accessLogs))
  return Object.fromEntries(groups.flatMap((group) => instanceNames(group).map((name) => [name, of(group, name)])))
}

/** The router of a listener between whose groups one has to choose; otherwise there is none. */
function routerOf(listener: ListenerConfig, { config, folder, secrets }: PlanInput): readonly ProcessPlan[] {
  const groups = routedGroups(config, listener)
  if (groups.length === 0) return []
  const name = routerName(listener)
  const ids = addressesOf(listener).map(({ id }) => id)
  return [
    {
      process: {
        name,
        group: ownGroup(name),
        kind: 'instance',
        isRouter: true,
        listeners: ids,
        overlaps: true,
        stage: stages.routers,
        policy: routerPolicy(groups, config),
      },
      launch: {
        name,
        script: ownEntry('router/router-main'),
        args: [name],
        execArgv: [...baseExecArgv, QUIET, '--require', guardOutputFile(), '--import', agentRegisterUrl(), INSPECT_FLAG],
        env: instanceEnvironment({ config, folder, instance: name, applications: [], serverId: serverIdentity(folder), secrets }),
        listeners: Object.fromEntries(ids.map((id, at) => [at === 0 ? listener.name : id, id])),
        registry: registrySocket(folder),
        hasChannel: true,
      },
      share: routerShareOf(config, listener, name),
      isolation: 'router',
    },
  ]
}

const MIB = 1_048_576

/** Flags that the application asks for; in a shared process there are none. */
function flagsOf({ applications, isolation }: InstanceGroup): readonly string[] {
  if (isolation === 'shared') return []
  return applications.flatMap(({ imports, maxHeapBytes }) => [
    ...(maxHeapBytes === undefined ? [] : [`--max-old-space-size=${Math.floor(maxHeapBytes / MIB)}`]),
    ...imports.flatMap((module) => ['--import', module]),
  ])
}
