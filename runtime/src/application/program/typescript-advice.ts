/** Turns Node's errors about TypeScript that it cannot run into errors that say what to do. */
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
  return error
}

/** Node puts the place before the stack: `/app/main.ts:3`. */
function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return /^(?:file:\/\/)?(\/\S+\.[cm]?tsx?(?::\d+)?)/m.exec(stack)?.[1]
}

const firstLine = (message: string): string => message.split('\n', 1)[0] ?? ''
