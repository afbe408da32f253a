/** One thing that is wrong in a configuration. */
export interface Mistake {
  /** Path in the file: `datasources[0].max`. */
  readonly path: string
  readonly message: string
}
