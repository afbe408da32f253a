/** `npm run docs`: generates docs/reference and the revision of the MIB from the declarations. A test fails when the committed ones are stale. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mibRevisionFile, renderMibRevision } from './docs/mib-revision.ts'
import { renderDocuments } from './docs/documents.ts'

const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(await renderDocuments())) {
  writeFileSync(join(folder, name), text)
  process.stdout.write(`docs/reference/${name}\n`)
}
writeFileSync(fileURLToPath(new URL(`../${mibRevisionFile}`, import.meta.url)), renderMibRevision())
process.stdout.write(`${mibRevisionFile}\n`)
