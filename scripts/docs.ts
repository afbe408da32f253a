/** `npm run docs`: writes docs/reference from the declarations. A test fails when the pages that are committed are not these. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderPages } from './docs/pages.ts'

const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(await renderPages())) {
  writeFileSync(join(folder, name), text)
  process.stdout.write(`docs/reference/${name}\n`)
}
