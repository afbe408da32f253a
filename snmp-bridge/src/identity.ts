/** How the bridge describes itself. */
import { createRequire } from 'node:module'
import { arch, release, type } from 'node:os'

export const version = (createRequire(import.meta.url)('../package.json') as { version: string }).version

/** sysDescr: product, runtime, system. */
export const description = `Spyglass ${version} SNMP bridge, Node.js ${process.version}, ${type()} ${release()} ${arch()}`
