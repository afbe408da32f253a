/** Layout of the data folder. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

export interface DataFolder {
  readonly root: string
  /** The embedded ClickHouse. */
  readonly store: string
  /** Segments of the write-ahead log. */
  readonly wal: string
  /** All events of the server, in order, until every output has them; see the management process. */
  readonly journal: string
  /** Unsent data of the agents in instances; the collector delivers it when an instance is gone. */
  readonly spool: string
  readonly serverLog: string
  /** One access log for each application. */
  readonly accessLogs: string
  /** Output of applications that have a file for it. */
  readonly outputs: string
  /** Small state that survives restarts: alerts, SNMP row numbers and engine boots, tail offsets. */
  readonly state: string
  /** Effective configuration and lock of the running server. */
  readonly run: string
  /** Archives that clients send, in a folder for each process that takes them, while they are deployed. */
  readonly uploads: string
  /** Grafana provisioning, as `spyglass dashboards build` writes it. */
  readonly grafana: string
  /** Changes that commands made to the settings, and the history of all acts. */
  readonly administration: string
  readonly mibs: string
  /** Compiled modules of the processes of the server's user. */
  readonly cache: string
  /** One folder for each application that has one of its own; see isolation/home.ts. */
  readonly homes: string
  /** Sockets for registry pushes of applications with a user of their own. */
  readonly sockets: string
  readonly secrets: string
}

/** Where the files are. `logs` is the setting `logs.folder`. */
export function dataFolder(root: string, logs = join(root, 'logs')): DataFolder {
  return {
    root,
    store: join(root, 'store'),
    wal: join(root, 'wal'),
    journal: join(root, 'journal'),
    spool: join(root, 'spool'),
    serverLog: join(logs, 'server.log'),
    accessLogs: join(logs, 'access'),
    outputs: join(logs, 'output'),
    state: join(root, 'state'),
    run: join(root, 'run'),
    uploads: join(root, 'run', 'uploads'),
    grafana: join(root, 'grafana'),
    administration: join(root, 'administration'),
    mibs: join(root, 'mibs'),
    cache: join(root, 'cache'),
    homes: join(root, 'homes'),
    sockets: join(root, 'sockets'),
    secrets: join(root, 'secrets.yaml'),
  }
}

/**
 * Creates missing folders (mode 0700 for the root), and ensures that something can be written there.
 * @throws SPY_DATA_UNWRITABLE
 */
export function ensureDataFolder(root: string, logs?: string): DataFolder {
  const folder = existingDataFolder(root, logs)
  try {
    accessSync(root, constants.W_OK)
  } catch (error) {
    throw fail('SPY_DATA_UNWRITABLE', [root, messageOf(error)], error)
  }
  return folder
}

/**
 * Creates missing folders. If there are none, the disk may be read-only: a process of a running server must be able to start again.
 * @throws SPY_DATA_UNWRITABLE
 */
export function existingDataFolder(root: string, logs?: string): DataFolder {
  const folder = dataFolder(root, logs)
  try {
    makeFolder(root, 0o700)
    for (const path of [folder.store, folder.wal, folder.state, folder.run]) makeFolder(path, 0o700)
    makeFolder(folder.accessLogs)
  } catch (error) {
    throw fail('SPY_DATA_UNWRITABLE', [root, messageOf(error)], error)
  }
  return folder
}

/** Node's own `recursive` reports a read-only file system as ENOENT, and never returns below /proc. */
function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return accessSync(`${path}/.`) // a file of that name fails as ENOTDIR
    if (codeOf(error) !== 'ENOENT' || existsSync(dirname(path))) throw error
    makeFolder(dirname(path), mode)
    makeFolder(path, mode)
  }
}

/** Under this name management inherits the socket that takes registry pushes and events. */
export const REGISTRY_SOCKET = 'registry'

/** The socket that takes registry pushes and events; management listens on it. */
export const registrySocket = ({ run }: Pick<DataFolder, 'run'>): string => join(run, 'registry.sock')

/** Under this name the process with the sessions inherits its socket. */
export const SESSION_SOCKET = 'sessions'

/** The socket of the process that keeps sessions. */
export const sessionSocket = ({ run }: Pick<DataFolder, 'run'>): string => join(run, 'sessions.sock')

/** Under this name the process with the jobs inherits its socket. */
export const JOBS_SOCKET = 'jobs'

/** The socket of the process that keeps jobs. */
export const jobsSocket = ({ run }: Pick<DataFolder, 'run'>): string => join(run, 'jobs.sock')

/** The socket that the instances of a group serve behind a router. */
export const privateSocket = ({ run }: Pick<DataFolder, 'run'>, group: string): string => join(run, 'applications', `${group}.sock`)

/** Reports of processes that ran out of memory, until they have been read. */
export const reportFolder = ({ run }: Pick<DataFolder, 'run'>): string => join(run, 'reports')
