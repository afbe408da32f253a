/**
 * The Unix sockets of our own processes. The holder binds them at the start and keeps them, so that a process that is killed while nothing can be written
 * to the data folder comes back.
 */
import { ADMIN_SOCKET, adminSocketFile, MANAGEMENT_SOCKET, managementSocketFile } from '@spyglass/process/admin-socket'
import {
  type DataFolder,
  JOBS_SOCKET,
  jobsSocket,
  REGISTRY_SOCKET,
  registrySocket,
  SESSION_SOCKET,
  sessionSocket,
} from '@spyglass/process/checked-config'

/** Paths by name. */
export const ownSockets = (folder: Pick<DataFolder, 'run'>): Readonly<Record<string, string>> => ({
  [ADMIN_SOCKET]: adminSocketFile(folder.run),
  [MANAGEMENT_SOCKET]: managementSocketFile(folder.run),
  [REGISTRY_SOCKET]: registrySocket(folder),
  [SESSION_SOCKET]: sessionSocket(folder),
  [JOBS_SOCKET]: jobsSocket(folder),
})

/** Those that management serves, as a process inherits them: ids by name. */
export const managementSockets = { [MANAGEMENT_SOCKET]: MANAGEMENT_SOCKET, [REGISTRY_SOCKET]: REGISTRY_SOCKET } as const

/** Those that the process with the sessions serves. */
export const sessionSockets = { [SESSION_SOCKET]: SESSION_SOCKET } as const

/** Those that the process with the jobs serves. */
export const jobSockets = { [JOBS_SOCKET]: JOBS_SOCKET } as const

/** That of the decider. */
export const deciderSocket = ADMIN_SOCKET
