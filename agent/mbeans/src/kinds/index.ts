/** What each resource of a server is: its attributes, operations and events. The agent declares only what it registers itself. */
export { allDeclaredKinds, kindNamed } from './declared-kinds.ts'
export { allKinds, kinds } from './kinds.ts'
export { allPlatformKinds, platformKinds } from './platform/index.ts'
