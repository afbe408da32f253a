/** `node scripts/complete-lock.ts` after an `npm install`: adds what npm omitted from package-lock.json, so that `npm ci` accepts it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { completePackages, type LockPackages, missingEntries, unverifiedPackages } from './lock-file.ts'

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: LockPackages }
const missing = Object.keys(missingEntries(lock.packages))
if (missing.length > 0) writeFileSync(file, `${JSON.stringify({ ...lock, packages: completePackages(lock.packages) }, undefined, 2)}\n`)
const unverified = unverifiedPackages(completePackages(lock.packages))
process.stdout.write(`package-lock.json: ${missing.length} entries added; without an integrity hash: ${unverified.join(', ') || 'none'}\n`)
