/** From the configuration to what the keeper needs: which processes, in which order, with which sockets and environment. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder, ListenerConfig, SpyglassConfig } from '@spyglass/agent/config'
import { serverIdentity, version } from '../identity.ts'
import type { ProcessSpec } from '../keeper/generation.ts'
import type { ListeningSocket } from '../keeper/listening-socket.ts'
import type { ListenerSpec, Part, ServerPlan } from '../keeper/parts.ts'
import { baseEnvironment, instanceEnvironment, storeEnvironment } from './environment.ts'
import { agentRegisterUrl, baseExecArgv, entryOf, ownEntry } from './part-scripts.ts'

/** `all`: everything; `edge`: server, management and bridge, with a collector elsewhere. */
export type Role = 'all' | 'edge'

export interface PlanInput {
  readonly config: SpyglassConfig
  readonly folder: DataFolder
  readonly role: Role
  /** A traffic generator to run beside: its script and arguments. */
  readonly traffic?: { readonly script: string; readonly args: readonly string[] }
}

const START_TIMEOUT_MS = 60_000

export function planOf(input: PlanInput): ServerPlan {
  const { config, folder, role } = input
  const effective = writeEffective(config, folder)
  const service = (name: string, script: string, more: Partial<ProcessSpec> = {}): Part => ({
    kind: 'service',
    spec: {
      name,
      script,
      args: ['--config', effective],
      execArgv: baseExecArgv,
      env: baseEnvironment(),
      sockets: [],
      startTimeoutMs: START_TIMEOUT_MS,
      ...more,
    },
  })
  return {
    serverName: config.server.name,
    serverId: serverIdentity(folder),
    version,
    dataRoot: folder.root,
    runFolder: folder.run,
    logFile: folder.serverLog,
    listeners: config.listeners,
    ports: portsOf(config, role),
    parts: (sockets) => [
      ...(role === 'all'
        ? [
            service('store', entryOf('@spyglass/collector', 'store-main'), { env: storeEnvironment(config) }),
            service('collector', entryOf('@spyglass/collector', 'collector-main')),
          ]
        : []),
      service('management', ownEntry('management/management-main')),
      ...(config.snmp.enabled ? [service('snmp-bridge', entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'))] : []),
      ...config.listeners.flatMap((listener) => instancesOf(listener, sockets, input, effective)),
      ...(input.traffic ? [service('traffic', input.traffic.script, { args: input.traffic.args, readyAtSpawn: true })] : []),
    ],
    unavailable: {
      script: ownEntry('keeper/unavailable-main'),
      args: [],
      execArgv: baseExecArgv,
      env: baseEnvironment(),
      startTimeoutMs: START_TIMEOUT_MS,
    },
  }
}

// eslint-disable-next-line max-params -- the listener, and what is the same for all of them
function instancesOf(
  listener: ListenerConfig,
  sockets: ReadonlyMap<string, ListeningSocket>,
  { config }: PlanInput,
  effective: string,
): Part[] {
  const socket = sockets.get(listener.name)
  const applications = config.applications.filter((application) => application.listener === listener.name)
  return Array.from({ length: listener.instances }, (_, slot): Part => {
    const name = `${listener.name}-${slot + 1}`
    return {
      kind: 'instance',
      listener: listener.name,
      spec: {
        name,
        script: ownEntry('instance/instance-main'),
        args: ['--config', effective, '--instance', name, '--listener', listener.name],
        execArgv: [...baseExecArgv, '--disable-warning=ExperimentalWarning', '--import', agentRegisterUrl()],
        env: instanceEnvironment({ config, instance: name, applications }),
        sockets: socket ? [socket] : [],
        startTimeoutMs: Math.max(START_TIMEOUT_MS, ...applications.map(({ startTimeoutMs }) => startTimeoutMs)),
      },
    }
  })
}

/** Children read the configuration as it was checked at the start, not as the file may have become since. */
function writeEffective(config: SpyglassConfig, folder: DataFolder): string {
  const file = join(folder.run, 'config.json')
  writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
  return file
}

function portsOf({ management, collector, store, console: page }: SpyglassConfig, role: Role): readonly ListenerSpec[] {
  const own = [{ name: 'management', ...management }]
  if (role === 'edge') return own
  return [
    ...own,
    { name: 'OTLP HTTP', host: collector.host, port: collector.otlpHttpPort },
    { name: 'ClickHouse HTTP', host: store.host, port: store.port },
    { name: 'console', host: page.host, port: page.port },
  ]
}
