/**
 * Route templates with their context path. Each pair is joined once: a text made anew for every request would have to be copied and
 * hashed again wherever it is looked up.
 */

/** Beyond so many of either kind the names are made anew each time; an application declares its routes, it does not invent them. */
const MAX_REMEMBERED = 1000

export class RouteNames {
  readonly #byContextPath = new Map<string, Map<string, string>>()

  /** `/shop` and `/orders/:id` are `/shop/orders/:id`; the root of an application is its context path. */
  of(contextPath: string, template: string): string {
    if (contextPath === '') return template
    return this.#byContextPath.get(contextPath)?.get(template) ?? this.#learn(contextPath, template)
  }

  #learn(contextPath: string, template: string): string {
    const name = template === '/' ? contextPath : contextPath + template
    const names = this.#byContextPath.get(contextPath) ?? new Map<string, string>()
    if (names.size === 0 && this.#byContextPath.size < MAX_REMEMBERED) this.#byContextPath.set(contextPath, names)
    if (names.size < MAX_REMEMBERED) names.set(template, name)
    return name
  }
}
