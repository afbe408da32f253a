/** The project's unit tests, with one source changed as SPYGLASS_MUTANT says; runner.ts sets it for each mutant. */
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import type { Mutant } from './mutants.ts'
import project from '../../vitest.config.ts'

const plugin = {
  name: 'mutant',
  enforce: 'pre' as const,
  load(id: string): string | undefined {
    const mutant = JSON.parse(process.env['SPYGLASS_MUTANT'] ?? 'null') as (Mutant & { file: string }) | null
    if (!mutant || !id.split('?')[0]?.endsWith(`/${mutant.file}`)) return undefined
    const text = readFileSync(id.split('?')[0] ?? '', 'utf8')
    return text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end)
  },
}

// vitest keeps transformed modules on disk by their file: it would not see the change
const fresh = { fsModuleCache: false }
/** A mutant may wait forever without using CPU, which the guard does not see. */
const testTimeout = 30_000
const projects = (project.test?.projects ?? []).map((each) => {
  const { test, ...rest } = each as { test: object }
  return { ...rest, plugins: [plugin], test: { ...test, ...fresh, testTimeout, setupFiles: ['scripts/mutation/guard.ts'] } }
})

export default defineConfig({ ...project, root: process.cwd(), test: { ...project.test, ...fresh, projects } })
