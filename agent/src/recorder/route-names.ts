/**
 * Route templates with their context path. Each pair is joined once: a new string per request would have to be copied and
 * hashed again wherever it is looked up.
 */

/** Beyond this many of either kind, names are joined each time; an application declares its routes and does not generate them. */
const MAX_REMEMBERED = 1000

export class RouteNames {
  readonly #byContextPath = new Map<string, Map<string, string>>()
  /** The context path that was asked for last, with its names: most processes have one. */
  #lastPath = ''
  #lastNames: Map<string, string> | undefined

  /** `/shop` and `/orders/:id` are `/shop/orders/:id`; the root of an application is its context path. */
  of(contextPath: string, template: string): string {
    if (contextPath === '') return template
    if (contextPath !== this.#lastPath) {
      this.#lastPath = contextPath
      this.#lastNames = this.#byContextPath.get(contextPath)
    }
    return this.#lastNames?.get(template) ?? this.#learn(contextPath, template)
  }

  #learn(contextPath: string, template: string): string {
    const name = template === '/' ? contextPath : contextPath + template
    const names = this.#byContextPath.get(contextPath) ?? new Map<string, string>()
    if (names.size === 0 && this.#byContextPath.size < MAX_REMEMBERED) this.#byContextPath.set(contextPath, names)
    if (names.size < MAX_REMEMBERED) names.set(template, name)
    this.#lastNames = names
    return name
  }
}
