/** From the configuration to what the keeper needs: which processes, in which order, with which sockets and environment. */
import { mkdirSync } from 'node:fs'
import {
  type Checked,
  checkedArguments,
  type DataFolder,
  type InstanceGroup,
  instanceGroups,
  instanceNames,
  listenerAddress,
  type ListenerConfig,
  registrySocket,
  reportFolder,
  type SpyglassConfig,
  writeChecked,
} from '@spyglass/process/checked-config'
import type { Damage } from '@spyglass/process/durable-file'
import { serverIdentity } from '@spyglass/process/server-identity'
import { version } from '../version.ts'
import { withoutLive } from '../administration/index.ts'
import { shareOf } from '../instance/share.ts'
import { INSPECT_FLAG } from '../decider/blocked-stack.ts'
import { reportFlags } from '../decider/crash-report.ts'
import type { ProcessPlan, ServerPlan } from '../decider/server-plan.ts'
import type { LaunchSpec, ListenerAddress } from '../holder/orders.ts'
import { instanceEnvironment, serviceEnvironment, storeEnvironment } from './environment.ts'
import { agentRegisterUrl, baseExecArgv, entryOf, guardOutputFile, ownEntry } from './part-scripts.ts'
import { portsOf, type Role } from './ports.ts'
import { instancePolicy, servicePolicy } from './policies.ts'

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
const stages = { store: 0, collector: 1, management: 2, 'snmp-bridge': 3, instances: 4, traffic: 5 } as const

export function planOf(input: PlanInput): ServerPlan {
  const { config, folder, role } = input
  return {
    serverName: config.server.name,
    serverId: serverIdentity(folder, input.onDamage),
    version,
    dataRoot: folder.root,
    runFolder: folder.run,
    logFile: folder.serverLog,
    listeners: config.listeners.flatMap(addressesOf),
    ports: portsOf(config, role),
    processes: processesOf(input),
    standIn: {
      script: ownEntry('stand-in/stand-in-main'),
      args: checkedArguments(folder.run),
      execArgv: [...baseExecArgv, QUIET, SMALL_HEAP],
      env: instanceEnvironment({ config, folder, instance: 'stand-in', applications: [], serverId: serverIdentity(folder) }),
    },
    standInPolicy: servicePolicy(config),
    registry: registrySocket(folder),
    reports: reportFolder(folder),
    prepare() {
      mkdirSync(reportFolder(folder), { recursive: true, mode: 0o700 })
      writeChecked(folder.run, input)
    },
  }
}

/** A process is not replaced for a live setting: it is made from the configuration without those, and gets their values besides. */
function processesOf(input: PlanInput): readonly ProcessPlan[] {
  const all = (config: SpyglassConfig): readonly ProcessPlan[] => [
    ...services({ ...input, config }),
    ...instanceGroups(config).flatMap((group) => instancesOf(group, { ...input, config })),
  ]
  const made = all(withoutLive(input.config))
  return all(input.config).map((plan, at) => ({ ...plan, madeFrom: made[at] ?? plan }))
}

/** Its own address, then the further ones. A listener that moves to another address is another one. */
function addressesOf({ name, host, port, addresses }: ListenerConfig): readonly ListenerAddress[] {
  return [{ host, port }, ...addresses.map(listenerAddress)].map((address) => ({
    id: `${name}@${address.host}:${address.port}`,
    name,
    ...address,
  }))
}

/** Our own processes read the configuration as it was checked at the start, not what the file may have become since. */
function services(input: PlanInput): readonly ProcessPlan[] {
  const { config, folder, role, traffic } = input
  const service = (name: keyof typeof stages, script: string, more: Partial<LaunchSpec> = {}): ProcessPlan => ({
    process: { name, group: name, kind: 'service', listeners: [], overlaps: false, stage: stages[name], policy: servicePolicy(config) },
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
    service('collector', entryOf('@spyglass/collector', 'collector-main')),
  ]
  return [
    ...(role === 'all' ? storage() : []),
    service('management', ownEntry('management/management-main')),
    ...(config.snmp.enabled ? [service('snmp-bridge', entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'))] : []),
    ...(traffic ? [service('traffic', traffic.script, { args: traffic.args, hasChannel: false })] : []),
  ]
}

/** An instance gets its share of the configuration as a message: it reads no file that describes its neighbours. */
function instancesOf(group: InstanceGroup, { config, folder }: PlanInput): readonly ProcessPlan[] {
  const { listener, applications, isolation } = group
  const ids = addressesOf(listener).map(({ id }) => id)
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
        ...reportFlags(reportFolder(folder)),
        ...flagsOf(group),
      ],
      env: instanceEnvironment({ config, folder, instance: name, applications, serverId: serverIdentity(folder) }),
      ...(applications.length === 1 && applications[0] ? { application: applications[0].name } : {}),
      ...(isolation === 'own' && applications[0] ? { cwd: applications[0].folder } : {}),
      listeners: Object.fromEntries(ids.map((id, at) => [at === 0 ? listener.name : id, id])),
      registry: registrySocket(folder),
      hasChannel: true,
    },
    share: shareOf(config, group, name, folder.accessLogs),
    isolation,
  }))
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
