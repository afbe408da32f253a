/** Turns Node's errors about TypeScript that it cannot run, and about packages that are not there, into errors that say what to do. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'

const SOURCE = /\.[cm]?tsx?$/

/** The error itself where it is about something else. */
export function withAdvice(error: unknown, main: string): unknown {
  const message = messageOf(error)
  if (codeOf(error) === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || codeOf(error) === 'ERR_INVALID_TYPESCRIPT_SYNTAX') {
    return fail('SPY_APPLICATION_TYPESCRIPT', [placeOf(error) ?? main, firstLine(message)], error)
  }
  if (codeOf(error) === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
    return fail('SPY_APPLICATION_TYPESCRIPT', [main, firstLine(message)], error)
  const importer = /imported from (\S+)/.exec(message)?.[1]
  if (codeOf(error) === 'ERR_MODULE_NOT_FOUND' && importer !== undefined && SOURCE.test(importer) && /Cannot find module/.test(message)) {
    return fail('SPY_APPLICATION_TYPESCRIPT', [importer, `${firstLine(message)}: Node needs the file's full name, with its ending`], error)
  }
  if (NOT_FOUND.has(codeOf(error) ?? '') && MISSING_PACKAGE.test(message))
    return fail('SPY_APPLICATION_PACKAGE', [firstLine(message)], error)
  return error
}

const NOT_FOUND: ReadonlySet<string> = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])
/** By its name, not by a path. */
const MISSING_PACKAGE = /^Cannot find (?:module|package) '(?![./]|file:)[^']+'/

/** Node puts the place before the stack: `/app/main.ts:3`. */
function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return /^(?:file:\/\/)?(\/\S+\.[cm]?tsx?(?::\d+)?)/m.exec(stack)?.[1]
}

const firstLine = (message: string): string => message.split('\n', 1)[0] ?? ''
