/**
 * Runs a target's tests with one place of one source changed. One vitest serves all mutants of a target, so that only the changed file is
 * transformed again; a mutant runs the test files that reach its source and no others, the cheapest first, until one fails.
 */
import { join } from 'node:path'
import { createVitest, type TestModule, type TestSpecification, type Vitest } from 'vitest/node'
import type { Mutant } from './mutants.ts'
import type { Target } from './targets.ts'

export interface Case extends Mutant {
  readonly file: string
}

export class MutantRunner {
  readonly #vitest: Vitest
  readonly #root: string
  #specifications: TestSpecification[] = []
  readonly #costs = new Map<string, number>()

  static async start(root: string, { tests, project = 'unit' }: Target): Promise<MutantRunner> {
    const options = { config: 'scripts/mutation/vitest.config.ts', project: [project], watch: false, bail: 1, maxWorkers: 1 }
    const vitest = await createVitest('test', { ...options, root, reporters: [{}] })
    await vitest.standalone()
    const runner = new MutantRunner(vitest, root)
    runner.#specifications = await vitest.globTestSpecifications([...tests])
    if (runner.#specifications.length === 0) throw new Error(`project ${project} has no test like ${tests.join(', ')}`)
    return runner
  }

  private constructor(vitest: Vitest, root: string) {
    this.#vitest = vitest
    this.#root = root
  }

  /** Whether the tests pass as the sources stand. */
  async passesUnchanged(): Promise<boolean> {
    const { testModules, passed } = await this.#run(this.#specifications)
    for (const each of testModules) this.#costs.set(each.moduleId, each.diagnostic().duration)
    return passed
  }

  /** A mutant that no test reaches survives. */
  async survives(mutant: Case): Promise<boolean> {
    const file = join(this.#root, mutant.file)
    const tests = this.#testsOf(file)
    if (tests.length === 0) return true
    process.env['SPYGLASS_MUTANT'] = JSON.stringify(mutant)
    this.#vitest.invalidateFile(file)
    try {
      return (await this.#run(tests)).passed
    } finally {
      delete process.env['SPYGLASS_MUTANT']
      this.#vitest.invalidateFile(file)
    }
  }

  async stop(): Promise<void> {
    await this.#vitest.close()
  }

  async #run(specifications: TestSpecification[]): Promise<{ testModules: TestModule[]; passed: boolean }> {
    const { testModules, unhandledErrors } = await this.#vitest.runTestSpecifications(specifications)
    const passed = unhandledErrors.length === 0 && testModules.length > 0 && testModules.every((each) => each.state() === 'passed')
    return { testModules, passed }
  }

  /** The test files that import the file, directly or through others. */
  #testsOf(file: string): TestSpecification[] {
    const reached = new Set<string>()
    for (const { project } of this.#specifications) {
      const graph = project.vite.environments['ssr']?.moduleGraph
      const waiting = [...(graph?.getModulesByFile(file) ?? [])]
      for (let each = waiting.pop(); each; each = waiting.pop()) {
        if (each.file && reached.has(each.file)) continue
        if (each.file) reached.add(each.file)
        waiting.push(...each.importers)
      }
    }
    const cost = ({ moduleId }: TestSpecification): number => this.#costs.get(moduleId) ?? 0
    return this.#specifications.filter(({ moduleId }) => reached.has(moduleId)).toSorted((a, b) => cost(a) - cost(b))
  }
}
