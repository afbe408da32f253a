import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { spyglass } from '../../../agent/src/esbuild/index.ts'
import { isBundledIn } from '../../../agent/src/instrument/bundles.ts'
import { instrumentations } from '../../../agent/src/instrument/table.ts'
import { ROOT } from '../../support/sources.ts'

/** What libraries require only if it is there. */
const OPTIONAL = 'better-sqlite3 dtrace-provider mariadb/callback mysql oracledb pg-native sqlite3 tedious'.split(' ')

async function bundleOf(
  library: string,
  { minify, isRecorded }: { readonly minify: boolean; readonly isRecorded: boolean },
): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `console.log(require(${JSON.stringify(library)}))`, resolveDir: ROOT },
    bundle: true,
    minify,
    write: false,
    platform: 'node',
    external: OPTIONAL,
    logLevel: 'error',
    plugins: isRecorded ? [spyglass()] : [],
  })
  return outputFiles[0]?.text ?? ''
}

/** What is no package of ours, for its licence or its size: its own test bundles it. */
const NOT_INSTALLED = new Set(['postgres', 'better-sqlite3'])
const marked = instrumentations.filter((row) => row.mark !== undefined && !NOT_INSTALLED.has(row.name))
const libraries = [
  ...marked.map((row) => [row, row.package ?? ''] as const),
  ...marked.filter(({ name }) => name === 'express').map((row) => [row, 'express4'] as const),
]

test.each(libraries.map(([row, library]) => ({ library, row })))(
  '$library is recognised in a bundle, and what the plugin wrote into it',
  async ({ row, library }) => {
    for (const minify of [false, true]) {
      const [plain, recorded] = [
        await bundleOf(library, { minify, isRecorded: false }),
        await bundleOf(library, { minify, isRecorded: true }),
      ]
      expect([minify, isBundledIn(plain, row), isBundledIn(Buffer.from(plain), row)]).toEqual([minify, true, true])
      // By another name the plugin does not know it.
      if (library === row.package)
        expect([minify, isBundledIn(recorded, row), isBundledIn(Buffer.from(recorded), row)]).toEqual([minify, false, false])
    }
  },
)
