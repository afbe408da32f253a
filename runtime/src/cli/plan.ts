/** From the configuration to what the keeper needs: which processes, in which order, with which sockets and environment. */
import {
  type Checked,
  checkedArguments,
  type DataFolder,
  type InstanceGroup,
  instanceGroups,
  instanceNames,
  type SpyglassConfig,
  writeChecked,
} from '@spyglass/process/checked-config'
import type { Damage } from '@spyglass/process/durable-file'
import type { ListenerSpec } from '@spyglass/process/http-server'
import { serverIdentity } from '@spyglass/process/server-identity'
import { version } from '../version.ts'
import { shareOf } from '../instance/share.ts'
import type { ProcessSpec } from '../keeper/generation.ts'
import type { ListeningSocket } from '../keeper/listening-socket.ts'
import type { Part, ServerPlan } from '../keeper/parts.ts'
import { instanceEnvironment, serviceEnvironment, standInEnvironment, storeEnvironment } from './environment.ts'
import { agentRegisterUrl, baseExecArgv, entryOf, guardOutputFile, ownEntry } from './part-scripts.ts'

/** `all`: everything; `edge`: server, management and bridge, with a collector elsewhere. */
export type Role = 'all' | 'edge'

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

export function planOf(input: PlanInput): ServerPlan {
  const { config, folder, role } = input
  return {
    serverName: config.server.name,
    serverId: serverIdentity(folder, input.onDamage),
    version,
    dataRoot: folder.root,
    runFolder: folder.run,
    logFile: folder.serverLog,
    listeners: config.listeners,
    ports: portsOf(config, role),
    parts: (sockets) => partsOf({ ...input, sockets }),
    unavailable: {
      script: ownEntry('keeper/unavailable-main'),
      args: [String(config.server.headersTimeoutMs)],
      execArgv: baseExecArgv,
      env: standInEnvironment(folder),
      startPatienceMs: config.server.startPatienceMs,
    },
  }
}

interface PartsInput extends PlanInput {
  readonly sockets: ReadonlyMap<string, ListeningSocket>
}

/**
 * Called when the data folder is ours. Children read the configuration as it was checked at the start, not what the file may have become
 * since; it is checked before each start that they find it, since the file may have been damaged or removed.
 */
function partsOf(input: PartsInput): readonly Part[] {
  const { config, folder, role, traffic } = input
  const args = checkedArguments(folder.run)
  const prepare = (): void => writeChecked(folder.run, input)
  prepare()
  const service = (name: string, script: string, more: Partial<ProcessSpec> = {}): Part => ({
    kind: 'service',
    spec: {
      name,
      script,
      args,
      execArgv: [...baseExecArgv, QUIET, SMALL_HEAP],
      env: serviceEnvironment(folder),
      sockets: [],
      startPatienceMs: config.server.startPatienceMs,
      prepare,
      ...more,
    },
  })
  const storage = [
    () => service('store', entryOf('@spyglass/collector', 'store-main'), { env: storeEnvironment(folder) }),
    () => service('collector', entryOf('@spyglass/collector', 'collector-main')),
  ]
  return [
    ...(role === 'all' ? storage.map((part) => part()) : []),
    service('management', ownEntry('management/management-main')),
    ...(config.snmp.enabled ? [service('snmp-bridge', entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'))] : []),
    ...instanceGroups(config).flatMap((group) => instancesOf(group, input)),
    ...(traffic ? [service('traffic', traffic.script, { args: traffic.args, readyAtSpawn: true })] : []),
  ]
}

/** An instance gets its share of the configuration as a message: it reads no file that describes its neighbours. */
function instancesOf(group: InstanceGroup, { config, folder, sockets }: PartsInput): Part[] {
  const { listener, applications } = group
  const socket = sockets.get(listener.name)
  return instanceNames(group).map((name): Part => ({
    kind: 'instance',
    listener: listener.name,
    isolation: group.isolation,
    spec: {
      name,
      script: ownEntry('instance/instance-main'),
      args: [name],
      execArgv: [...baseExecArgv, QUIET, '--require', guardOutputFile(), '--import', agentRegisterUrl(), ...flagsOf(group)],
      env: instanceEnvironment({ config, folder, instance: name, applications, serverId: serverIdentity(folder) }),
      ...(group.isolation === 'own' && applications[0] ? { cwd: applications[0].folder } : {}),
      share: shareOf(config, group, name, folder.accessLogs),
      sockets: socket ? [socket] : [],
      startPatienceMs: Math.max(config.server.startPatienceMs, ...applications.map(({ startTimeoutMs }) => startTimeoutMs)),
    },
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

function portsOf(config: SpyglassConfig, role: Role): readonly ListenerSpec[] {
  const { management, collector, store } = config
  const own = [{ name: 'management.port', ...management }]
  if (role === 'edge') return own
  return [
    ...own,
    { name: 'collector.otlpHttpPort', host: collector.host, port: collector.otlpHttpPort },
    { name: 'store.port', host: store.host, port: store.port },
    { name: 'console.port', host: config.console.host, port: config.console.port },
  ]
}
