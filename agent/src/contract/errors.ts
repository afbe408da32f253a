/** Errors that a user can meet carry a code that never changes; each folder keeps one table of them, and docs/errors.md is made from these. */

/** Code to message; `%s` and `%d` are filled from the arguments in order. */
export type ErrorTable = Readonly<Record<string, string>>

/** An error with a stable code. Callers test `error.code`, never the text. */
export class SpyglassError extends Error {
  readonly code: string

  constructor(code: string, template: string, args: readonly unknown[] = [], cause?: unknown) {
    super(fill(template, args), cause === undefined ? undefined : { cause })
    this.name = 'SpyglassError'
    this.code = code
  }
}

function fill(template: string, args: readonly unknown[]): string {
  let next = 0
  return template.replaceAll(/%[sd]/g, () => String(args[next++]))
}

/** Creates the constructor for one folder's table: `const fail = errorsOf(errors)`, then `throw fail('SPY_X', [arg], cause)`. */
export function errorsOf<const T extends ErrorTable>(
  table: T,
): (code: keyof T & string, args?: readonly unknown[], cause?: unknown) => SpyglassError {
  return (code, args, cause) => new SpyglassError(code, table[code] ?? code, args, cause)
}

/** The code of any error: its own, or undefined. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The message of whatever was thrown, which need not be an error. Never throws: an object without a prototype cannot be made a text. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return `a thrown ${typeof error}`
  }
}
