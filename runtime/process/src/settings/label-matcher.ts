/** Matchers of labels as settings and commands have them, in Alertmanager's form: `pool="shop"`, `rule!=X`, `instance=~"shop-.*"`. */

/** As Alertmanager has it in JSON. */
export interface LabelMatcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

export const labelMatcherCheck = {
  is: (text: string): boolean => isUsable(parseLabelMatcher(text)),
  allowed: 'a matcher such as severity=critical or instance=~"shop-.*"',
} as const

const FORM = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^"\s](?:.*\S)?|)\s*$/s
const MAX_LENGTH = 1000

/** Undefined when it is none. */
export function parseLabelMatcher(text: string): LabelMatcher | undefined {
  const [, name, operator = '', value = ''] = FORM.exec(text) ?? []
  if (name === undefined) return undefined
  return { name, value: unquoted(value), isRegex: operator.endsWith('~'), isEqual: !operator.startsWith('!') }
}

/** The whole value must fit. @throws SyntaxError */
export const labelPattern = (value: string): RegExp => new RegExp(`^(?:${value})$`, 's')

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/gs, (_, c: string) => (c === 'n' ? '\n' : c)) : value

function isUsable(matcher: LabelMatcher | undefined): boolean {
  if (!matcher || matcher.value.length > MAX_LENGTH) return false
  try {
    return !matcher.isRegex || labelPattern(matcher.value) instanceof RegExp
  } catch {
    return false
  }
}
