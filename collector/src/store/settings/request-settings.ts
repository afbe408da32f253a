/**
 * Decides on the settings of a statement, from the URL and from its SETTINGS clauses, and says with which the session has to be opened.
 * The clauses are taken out of the statement: what runs sets nothing itself, so a reader's session stays `readonly`.
 */
import { refuse } from '../clickhouse-error.ts'
import { formatOf, textsOf } from '../formatted.ts'
import type { StoreSession } from '../session.ts'
import { stringLiteral } from '../sql-literal.ts'
import type { AllowedSettings, SettingRule } from './allowed.ts'
import { literalsOfMap, mayHaveClause, takeClauses } from './clause.ts'
import type { KnownSettings } from './setting-names.ts'

export interface StatementSettings {
  /** The statement without its clauses. */
  readonly sql: string
  /** What the session has to be opened with. */
  readonly engine: Readonly<Record<string, string>>
  /** All given settings, including those that the store itself applies. */
  readonly given: ReadonlyMap<string, string>
}

export interface SettingsJudge {
  /**
   * @param session has nothing set on it but parameters.
   * @throws ClickhouseError 115 for a name that is none, 164 for one that may not be changed or has two values, 452 above a limit, 36 for
   * a value that is none, and whatever the gate says of a condition.
   */
  judge(sql: string, fromUrl: ReadonlyMap<string, string>, session: StoreSession): Promise<StatementSettings>
  /** The settings that readers may change. */
  readonly allowed: readonly string[]
  /** Whether there is such a setting and a reader has to take it as it is. */
  isFixed(name: string): boolean
}

export interface JudgeParts {
  readonly known: KnownSettings
  readonly rules: AllowedSettings
  /** Judges a condition in SQL. */
  readonly checkCondition: (condition: string, session: StoreSession) => Promise<void>
}

interface Setting {
  readonly name: string
  readonly value: string
}

export function createSettingsJudge({ known, rules, checkCondition }: JudgeParts): SettingsJudge {
  /** What the engine gets: for conditions the very texts that were evaluated. */
  async function judgeOne({ name, value }: Setting, session: StoreSession): Promise<string | undefined> {
    const type = known.typeOf(name)
    const rule = rules(name)
    if (type === undefined) throw refuse('UNKNOWN_SETTING', `Unknown setting '${name}'`)
    if (known.hasValue(name, value)) return undefined // as in ClickHouse: what changes nothing is allowed
    if (!rule) throw readonly(name)
    if (rule.kind === 'condition') await checkCondition(value, session)
    if (rule.kind === 'conditions') return judgeConditions({ name, value }, session)
    checkValue({ name, value }, type, rule)
    return rule.kind === 'own' ? undefined : value
  }

  async function judgeConditions({ name, value }: Setting, session: StoreSession): Promise<string> {
    const literals = literalsOfMap(value)
    if (!literals) throw badValue(name, 'a map from tables to conditions')
    const texts = await textsOf(literals, session)
    const entries: string[] = []
    for (let at = 0; at < texts.length; at += 2) {
      const [table = '', condition = ''] = texts.slice(at)
      await checkCondition(condition, session)
      entries.push(`${stringLiteral(table)}:${stringLiteral(condition)}`)
    }
    return `{${entries.join(',')}}`
  }

  return {
    allowed: known.allowed,
    isFixed: (name) => known.typeOf(name) !== undefined && (name === 'readonly' || rules(name) === undefined),
    async judge(text, fromUrl, session) {
      const { sql, assignments } = await withoutClauses(text, session)
      const given = new Map([...fromUrl, ...assignments])
      for (const [name, value] of assignments) {
        if (given.get(name) !== value) throw refuse('READONLY', `Setting '${name}' has two values: it is set for the whole statement`)
        const rule = rules(name)
        const type = known.typeOf(name)
        if (type === undefined || rule?.kind !== 'own') continue
        checkType({ name, value }, type)
        if (rule.max !== undefined) checkLimit(name, value, rule.max)
      }
      const engine: Record<string, string> = {}
      for (const [name, value] of given) {
        const judged = await judgeOne({ name, value }, session)
        if (judged !== undefined) engine[name] = judged
      }
      return { sql, engine, given }
    },
  }
}

/**
 * With these a session shows the allowed settings in `system.settings`, as such that may be changed: a readonly one would show all as
 * readonly, and clients would not send any. Only for a statement that reads this table alone and does not ask for a setting that is fixed.
 */
export const shownSettings = (allowed: readonly string[]): Readonly<Record<string, string>> => {
  const names = allowed.filter((name) => name !== 'readonly').map(stringLiteral)
  return { readonly: '2', additional_table_filters: `{'system.settings':${stringLiteral(`name IN (${names.join(', ')})`)}}` }
}

async function withoutClauses(text: string, session: StoreSession): Promise<{ sql: string; assignments: [string, string][] }> {
  const formatted = mayHaveClause(text) ? await formatOf(text, session) : undefined
  if (formatted === undefined) return { sql: text, assignments: [] }
  const { sql, assignments } = takeClauses(formatted)
  if (assignments.length === 0) return { sql: text, assignments: [] }
  const texts = await textsOf(
    assignments.map(([, literal]) => (literal.startsWith("'") ? literal : stringLiteral(literal))),
    session,
  )
  return { sql, assignments: assignments.map(([name], i) => [name, texts[i] ?? '']) }
}

function checkValue({ name, value }: Setting, type: string, rule: SettingRule): void {
  checkType({ name, value }, type)
  if (rule.kind === 'limit') checkLimit(name, value, rule.max)
  if (rule.kind === 'oneOf' && !rule.values.includes(value)) throw readonly(name)
}

function checkType({ name, value }: Setting, type: string): void {
  if (!fits(value, type)) throw badValue(name, type)
}

function fits(value: string, type: string): boolean {
  if (type === 'Bool') return /^([01]|true|false)$/.test(value)
  if (/^(NonZero)?UInt64$|^MaxThreads$/.test(type)) return /^\d{1,19}$/.test(value)
  if (/^Int\d+$/.test(type)) return /^-?\d{1,18}$/.test(value)
  if (/^(Seconds|Milliseconds)$/.test(type)) return /^\d{1,15}(\.\d{1,15})?$/.test(value)
  if (/^(Float|Double)$/.test(type)) return /^-?\d{1,15}(\.\d{1,15})?$/.test(value)
  return !value.includes('\0')
}

function checkLimit(name: string, value: string, max: number): void {
  if (Number(value) > 0 && Number(value) <= max) return
  throw refuse('SETTING_CONSTRAINT_VIOLATION', `Setting ${name} shouldn't be greater than ${max}`)
}

const readonly = (name: string) => refuse('READONLY', `Cannot modify '${name}' setting in readonly mode`)
const badValue = (name: string, type: string) => refuse('BAD_ARGUMENTS', `The value of setting '${name}' is not ${type}`)
