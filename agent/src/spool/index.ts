export { deliverSpools, portOf, readerMark } from './deliver-spools.ts'
export type { RequestInFlight } from '../recorder/request-in-flight.ts'
export { PROCESS_CRASHED, type SpoolContent, type SpoolHeader } from './read-spool.ts'
export { userSpoolFolders } from './spool-folder.ts'
