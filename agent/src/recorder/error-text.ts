/** What is said of an application's error: a type of few values, a bounded message and stack. An application may throw anything, and its getters may throw. */

const MAX_MESSAGE = 2048
const MAX_STACK = 8192
/** Causes and parts of an AggregateError that a stack tells. */
const MAX_RELATED = 8

/** Its code (`23505`, `ECONNREFUSED`), else its class, else the type of what was thrown. */
export function errorTypeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error
  return textIn(error, 'code').slice(0, 64) || textIn(error, 'name').slice(0, 64) || 'Error'
}

export function errorText(error: unknown): string {
  if (typeof error === 'string') return error.slice(0, MAX_MESSAGE)
  const message = isErrorLike(error) ? textIn(error, 'message') : `a thrown ${typeof error}`
  return message.slice(0, MAX_MESSAGE)
}

/** The stack with those of its causes and of the parts of an AggregateError. Undefined for what is no error. */
export function errorStack(error: unknown): string | undefined {
  if (!isErrorLike(error)) return undefined
  const parts: string[] = []
  const seen = new Set<unknown>()
  let left = MAX_STACK
  const add = (one: unknown, prefix: string): void => {
    if (one === undefined || one === null || seen.has(one) || seen.size >= MAX_RELATED || left <= 0) return
    seen.add(one)
    const text = `${prefix}${stackText(one)}`.slice(0, left)
    parts.push(text)
    left -= text.length + 1
    for (const part of partsOf(one)) add(part, 'Part: ')
    add(valueIn(one, 'cause'), 'Caused by: ')
  }
  add(error, '')
  return parts.join('\n')
}

function stackText(error: unknown): string {
  if (!isErrorLike(error)) return errorText(error)
  return textIn(error, 'stack') || `${errorTypeOf(error)}: ${errorText(error)}`
}

function partsOf(error: unknown): readonly unknown[] {
  const parts = valueIn(error, 'errors')
  return Array.isArray(parts) ? parts.slice(0, MAX_RELATED) : []
}

/** An error of this realm or another, or what a library made to look like one. */
function isErrorLike(error: unknown): error is object {
  if (error instanceof Error) return true
  return (
    typeof error === 'object' &&
    error !== null &&
    typeof valueIn(error, 'message') === 'string' &&
    typeof valueIn(error, 'name') === 'string'
  )
}

function textIn(error: object, key: string): string {
  const value = valueIn(error, key)
  return typeof value === 'string' ? value : ''
}

/** A part of what was thrown; undefined when there is none or its getter throws. */
export function valueIn(error: unknown, key: string): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  try {
    return (error as Record<string, unknown>)[key]
  } catch {
    return undefined // a getter that throws
  }
}
