/** Where the sockets of administration are. */
import { join } from 'node:path'

/** The administration socket of the server whose folder `run` this is. */
export const adminSocketFile = (run: string): string => join(run, 'admin.sock')

/** The socket of the management process, which knows the live values of all resources. */
export const managementSocketFile = (run: string): string => join(run, 'management.sock')
