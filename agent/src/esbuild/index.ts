/**
 * A plugin of esbuild: what the agent appends to files of libraries as Node loads them is appended as they are bundled. The bundle works without the
 * agent as well.
 */
import { readFileSync } from 'node:fs'
import type { Attachment } from '../instrument/instrumentation.ts'
import { lineFinder, withLine } from '../instrument/module-hooks.ts'
import { fitOf, versionIn } from '../instrument/package-file.ts'
import { instrumentations } from '../instrument/table.ts'

/** The part of esbuild's plugin interface that is used; a `Plugin` of esbuild has it. */
export interface EsbuildPlugin {
  readonly name: string
  setup(build: {
    onLoad(
      options: { readonly filter: RegExp },
      load: (file: { readonly path: string }) => { contents: string; loader: 'js' } | undefined,
    ): void
  }): void
}

/** `esbuild.build({ plugins: [spyglass()] })`: the libraries that are bundled are recorded as if they were not. */
export function spyglass(): EsbuildPlugin {
  const rows = instrumentations.filter(({ by, package: library }) => by.includes('module hook') && library !== undefined)
  // Files and lines are asked for, and nothing is applied here.
  const attached = rows.map((instrumentation) => ({ instrumentation, patches: instrumentation.attach({} as Attachment) ?? [] }))
  const lineFor = lineFinder(attached, ({ versions }, { folder }) => fitOf(versionIn(folder), versions) === 'recorded')
  const packages = rows.map((row) => row.package?.replaceAll('/', String.raw`[\\/]`)).join('|')
  const filter = new RegExp(String.raw`[\\/]node_modules[\\/](?:${packages})[\\/].*\.[cm]?js$`)
  return {
    name: 'spyglass',
    setup(build) {
      build.onLoad({ filter }, ({ path }) => {
        const lineOf = lineFor(path)
        return lineOf && { contents: withLine(readFileSync(path, 'utf8'), lineOf), loader: 'js' }
      })
    },
  }
}
