export { deliverSpools, portOf, readerMark } from './deliver-spools.ts'
export type { SpoolContent, SpoolHeader } from './read-spool.ts'
export { userSpoolFolders } from './spool-folder.ts'
