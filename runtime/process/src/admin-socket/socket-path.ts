/** Where the sockets of administration are, and under which names the processes that serve them inherit them. */
import { join } from 'node:path'

export const ADMIN_SOCKET = 'administration'
export const MANAGEMENT_SOCKET = 'management'

/** The administration socket of the server whose folder `run` this is. */
export const adminSocketFile = (run: string): string => join(run, 'admin.sock')

/** The socket of the management process, which knows the live values of all resources. */
export const managementSocketFile = (run: string): string => join(run, 'management.sock')
