/** The project's unit tests, with one source changed as SPYGLASS_MUTANT says. */
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import project from '../../vitest.config.ts'

const mutant = JSON.parse(process.env['SPYGLASS_MUTANT'] ?? 'null') as {
  file: string
  start: number
  end: number
  replacement: string
} | null

const plugin = {
  name: 'mutant',
  enforce: 'pre' as const,
  load(id: string): string | undefined {
    if (!mutant || !id.split('?')[0]?.endsWith(`/${mutant.file}`)) return undefined
    const text = readFileSync(id.split('?')[0] ?? '', 'utf8')
    return text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end)
  },
}

// vitest keeps transformed modules on disk by their file: it would not see the change
const fresh = { fsModuleCache: false }
const projects = (project.test?.projects ?? []).map((each) => {
  const { test, ...rest } = each as { test: object }
  return { ...rest, plugins: [plugin], test: { ...test, ...fresh } }
})

export default defineConfig({ ...project, root: process.cwd(), test: { ...project.test, ...fresh, projects } })
