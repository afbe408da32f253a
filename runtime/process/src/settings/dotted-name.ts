/**
 * Dotted names of settings: the path in spyglass.yaml, with the name of an entry in place of its index (`datasources.shop.max`). A dot, an
 * asterisk or a backslash inside a part is escaped with a backslash; in a pattern, an asterisk stands for any characters.
 */
import { errorsOf } from '@spyglass/agent/contract'
import { settingErrors } from './errors.ts'

const fail = errorsOf(settingErrors)

export function formatName(parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll(/[\\.*]/g, String.raw`\$&`)).join('.')
}

/** @throws SPY_ADMIN_NAME_INVALID for an empty part, and for a backslash before nothing */
export function parseName(name: string): readonly string[] {
  const parts = ['']
  const last = (): number => parts.length - 1
  for (let at = 0; at < name.length; at++) {
    const character = name.charAt(at)
    if (character === '.') parts.push('')
    else if (character !== '\\') parts[last()] += character
    else if (++at < name.length) parts[last()] += name.charAt(at)
    else throw fail('SPY_ADMIN_NAME_INVALID', [name, 'it ends in a backslash'])
  }
  if (parts.includes('')) throw fail('SPY_ADMIN_NAME_INVALID', [name, 'a part of it is empty'])
  return parts
}

/** Whether names match a pattern. The time that it takes grows with the length of both, whatever the pattern. */
export function matcherOf(pattern: string): (name: string) => boolean {
  const [first = '', ...rest] = literalsOf(pattern)
  const last = rest.pop()
  if (last === undefined) return (name) => name === first
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
    let at = first.length
    for (const part of rest) {
      const found = name.indexOf(part, at)
      if (found < 0 || found + part.length > name.length - last.length) return false
      at = found + part.length
    }
    return true
  }
}

/** What stands between the asterisks of a pattern that are not escaped. */
function literalsOf(pattern: string): string[] {
  const literals = ['']
  for (const [token] of pattern.matchAll(/\\?[^]/g)) {
    if (token === '*') literals.push('')
    else literals.push(`${literals.pop() ?? ''}${token}`)
  }
  return literals
}
