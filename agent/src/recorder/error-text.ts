/** What is said of an application's error: a type of few values and a bounded message. An application may throw anything. */

const MAX_MESSAGE = 2048

/** Its code (`23505`, `ECONNREFUSED`), else its class, else the type of what was thrown. */
export function errorTypeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (typeof code === 'string' && code !== '') return code.slice(0, 64)
  return typeof name === 'string' && name !== '' ? name.slice(0, 64) : 'Error'
}

export function errorText(error: unknown): string {
  if (error instanceof Error) return textOf(error.message).slice(0, MAX_MESSAGE)
  return typeof error === 'string' ? error.slice(0, MAX_MESSAGE) : `a thrown ${typeof error}`
}

/** An application may put anything there. */
function textOf(message: unknown): string {
  return typeof message === 'string' ? message : ''
}
