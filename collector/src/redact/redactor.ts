/** Removes secrets from incoming telemetry of any sender: by attribute names, and by common patterns in any text. Counted. */
import { REDACTED, isCardNumber, redactArguments, redactCommandLine, redactQuery, redactText, redactUrl } from '@spyglass/agent/redact'
import { isOfCommands, normaliseStatement } from '@spyglass/agent/sql'
import { type Rule, RULE } from './key-rules.ts'

export interface RedactionRules {
  /** Services whose telemetry is stored as it was sent. */
  readonly except: readonly string[]
}

const MAX_STATEMENTS = 2000
const MAX_STATEMENT_LENGTH = 4096
/** Bytes of a text that are looked at. The decoder stores 65,536; a little more is searched, so that no secret crosses the limit. */
export const MAX_TEXT_LENGTH = 66_560

export class Redactor {
  /** Values changed or replaced. */
  redacted = 0
  readonly #except: ReadonlySet<string>
  readonly #statements = new Map<string, string>()

  constructor({ except }: RedactionRules = { except: [] }) {
    this.#except = new Set(except)
  }

  get hasExceptions(): boolean {
    return this.#except.size > 0
  }

  isExcepted(service: string): boolean {
    return this.#except.has(service)
  }

  /** The value of a key with this rule, without its secrets; the same text if there are none. */
  textOf(rule: Rule, text: string, system: string): string {
    const own = SYSTEM_OF[rule]
    if (own !== undefined) return this.statement(text, own)
    switch (rule) {
      case RULE.secret:
      case RULE.secretText:
        return text === '' ? text : REDACTED
      case RULE.content:
        return this.#content(text)
      case RULE.statement:
        return this.statement(text, system)
      case RULE.summary:
        return SUMMARY.test(text) && system !== '' && !isOfCommands(system) ? redactText(text) : this.statement(text, system)
      case RULE.system:
        return text
      default:
        return (BY_RULE[rule] ?? redactText)(text)
    }
  }

  /** A sentence may begin as SQL does, so only documents keep their shape. */
  #content(text: string): string {
    if (text === '') return text
    return text !== REDACTED && /^\s*[[{]/.test(text) ? this.statement(text, '') : REDACTED
  }

  /** Whether a number is a card number. Numbers longer than 16 digits are times and identifiers. */
  isSecretNumber(digits: string): boolean {
    return digits.length <= 16 && isCardNumber(digits)
  }

  argumentsOf(args: readonly string[]): readonly string[] {
    return redactArguments(args)
  }

  /** Normalised, with a cache, because the same few statements recur. */
  statement(text: string, system: string): string {
    if (text === REDACTED) return text
    if (text.length > MAX_STATEMENT_LENGTH) return normaliseStatement(text, system)
    const key = `${system}\n${text}`
    const known = this.#statements.get(key)
    if (known !== undefined) return known
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
    const safe = normaliseStatement(text, system)
    this.#statements.set(key, safe)
    return safe
  }

  /** The name of a span, in which some senders put the statement or the whole URL. */
  spanName(name: string, system: string, statement: string): string {
    if (statement !== '' && name === statement) return this.statement(name, system)
    if (system !== '' && SQL_START.test(name) && /['"$=(?\d]/.test(name)) return this.statement(name, system)
    const target = /^([A-Z]+ )([^ ]*\?.*)$/s.exec(name)
    return redactText(target ? `${target[1]}${redactUrl(target[2] as string)}` : name)
  }
}

/** How texts are read that name no database beside them. */
const SYSTEM_OF: Readonly<Partial<Record<Rule, string>>> = { [RULE.document]: 'graphql' }

/** How texts are read that need nothing but themselves. */
const BY_RULE: Readonly<Partial<Record<Rule, (text: string) => string>>> = {
  [RULE.url]: (text) => redactText(redactUrl(text)),
  [RULE.query]: redactQuery,
  [RULE.rawList]: (text) => redactText(RAW_LIST + text).slice(RAW_LIST.length),
  [RULE.commandLine]: redactCommandLine,
}

/** Before a list by which it is known as one of names and values in turn. */
const RAW_LIST = 'rawHeaders:'

/** `find users`, `SELECT orders`: an operation and its target. A Redis command is followed by a key, which is data. */
const SUMMARY = /^[A-Za-z]+(?: [A-Za-z_][\w.]{0,60})?$/
const SQL_START = /^[\s(]*(?:select|insert|update|delete|merge|with|create|alter|drop|replace|call|exec|execute|grant|set|copy|truncate)\b/i
