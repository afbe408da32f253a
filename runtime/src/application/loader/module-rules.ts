/** Where a module is looked for first, down to one module or file. */

/** `application-first`: the application's own copy wins. `parent-first`: the server's copy wins. `deny`: there is no such module. */
export type ModuleOrder = 'application-first' | 'parent-first' | 'deny'

export interface ModuleRule {
  /**
   * A specifier (`node:child_process`, `lodash/fp`), a package with all that is in it (`lodash`), or a file relative to the application's folder
   * (`./legacy/db.js`); `*` stands for any characters.
   */
  readonly match: string
  readonly order: ModuleOrder
}

/** One copy of each in a process, which is the server's: applications talk to it by them. What it is built on is not theirs. */
const serverPackages: readonly ModuleRule[] = [
  { match: '@spyglass/runtime', order: 'parent-first' },
  { match: '@spyglass/agent', order: 'parent-first' },
  { match: '@spyglass/process', order: 'deny' },
  { match: '@spyglass/mbeans', order: 'deny' },
]

/** The first rule that matches counts; the application's come before the server's. */
export class ModuleRules {
  readonly #rules: readonly { readonly order: ModuleOrder; readonly test: RegExp }[]

  constructor(rules: readonly ModuleRule[]) {
    this.#rules = [...rules, ...serverPackages].map(({ match, order }) => ({ order, test: patternOf(match) }))
  }

  /** `name`: a specifier as the application writes it, or `./file` relative to its folder. */
  orderOf(name: string): ModuleOrder | undefined {
    return this.#rules.find(({ test }) => test.test(name))?.order
  }
}

/** A package stands for its subpaths as well; `node:` may be left out on either side. */
function patternOf(match: string): RegExp {
  const text = match
    .replace(/^node:/, '')
    .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
  return new RegExp(`^(node:)?${text}(/.*)?$`)
}
