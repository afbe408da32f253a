/** A configuration file as a map of settings that are not checked yet. */
import { readFileSync } from 'node:fs'
import { messageOf } from '@spyglass/agent/contract'
import { parse } from 'yaml'
import { fail } from './errors.ts'

/** @throws SPY_CONFIG_UNREADABLE, SPY_CONFIG_INVALID */
export function readYaml(file: string): Record<string, unknown> {
  const content = parsed(file, textOf(file)) ?? {}
  if (typeof content !== 'object' || Array.isArray(content))
    throw fail('SPY_CONFIG_INVALID', [file, 1, '  (file): must be a map of settings'])
  return content as Record<string, unknown>
}

/** The parser needs some hundred times as much memory. */
const MAX_LENGTH = 4_194_304

function textOf(file: string): string {
  const text = contentOf(file)
  if (text.length <= MAX_LENGTH) return text
  throw fail('SPY_CONFIG_UNREADABLE', [file, `it is longer than ${MAX_LENGTH} characters`])
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw fail('SPY_CONFIG_UNREADABLE', [file, messageOf(error)], error)
  }
}

/** The parser also throws other kinds of errors, for an alias that is undefined or expands too far. */
function parsed(file: string, text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' })
  } catch (error) {
    throw fail('SPY_CONFIG_INVALID', [file, 1, `  (file): ${messageOf(error)}`], error)
  }
}
