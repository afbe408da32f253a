/** Rules in words, for the command line. */
import { fail } from '../errors.ts'
import { loadRules, type LoadedRules, shippedRules } from './load-rules.ts'
import type { Rendering } from './rendering.ts'
import { renderingsOf } from './renderings.ts'
import type { Rule } from './rule.ts'

export interface TellOptions {
  /** With own rules. */
  readonly folder?: string | undefined
  readonly json: boolean
}

const NOTHING: LoadedRules = { rules: [], wrong: [] }

/** One line each: name, severity, where it comes from, and what cannot be expressed where. */
export function listRules({ folder, json }: TellOptions): string {
  const shipped = shippedRules()
  const own = folder === undefined ? NOTHING : loadRules(folder, shipped)
  const told = [...shipped.map((rule) => toldOf(rule, 'shipped')), ...own.rules.map((rule) => toldOf(rule, 'own'))]
  if (json) return `${JSON.stringify(told)}\n`
  const widest = Math.max(...told.map(({ name }) => name.length))
  const lines = told.map(({ name, severity, from, grafana, prometheus }) =>
    [`${name.padEnd(widest)}  ${severity.padEnd(8)}  ${from.padEnd(7)}`, said('Grafana', grafana), said('Prometheus', prometheus)]
      .filter(Boolean)
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** Whether all own rules are good, and what is wrong with them. */
export function lintRules({ folder, json }: TellOptions): { readonly text: string; readonly isGood: boolean } {
  const { rules, wrong } = folder === undefined ? NOTHING : loadRules(folder, shippedRules())
  const isGood = wrong.length === 0
  if (json) return { isGood, text: `${JSON.stringify(wrong)}\n` }
  const lines = wrong.flatMap(({ file, mistakes }) => mistakes.map((mistake) => `${file}: ${mistake}`))
  return { isGood, text: `${[...lines, `${rules.length} of ${rules.length + wrong.length} own rules are good`].join('\n')}\n` }
}

/** One rule as each engine has it. @throws SPY_RULE_UNKNOWN */
export function explainRule(name: string, { folder, json }: TellOptions): string {
  const shipped = shippedRules()
  const rules = [...shipped, ...(folder === undefined ? [] : loadRules(folder, shipped).rules)]
  const rule = rules.find((one) => one.name === name)
  if (!rule) throw fail('SPY_RULE_UNKNOWN', [name])
  const { grafana, prometheus } = renderingsOf(rule)
  if (json) return `${JSON.stringify({ ...rule, grafana, prometheus })}\n`
  return `${[
    `${rule.name} (${rule.severity}): ${rule.text}`,
    rule.help,
    `When: ${JSON.stringify(rule.when)}, for ${rule.forMs / 1000} s`,
    `Grafana: ${'cannot' in grafana ? `not, ${grafana.cannot}` : `\n${grafana.rule.rawSql.trim()}`}`,
    `Prometheus: ${'cannot' in prometheus ? `not, ${prometheus.cannot}` : prometheus.rule.expr}`,
    `What to do: ${rule.runbook}`,
  ].join('\n')}\n`
}

interface Told extends Pick<Rule, 'name' | 'severity' | 'text' | 'runbook'> {
  readonly from: 'shipped' | 'own'
  /** Why it has it not; undefined when it has. */
  readonly grafana: string | undefined
  readonly prometheus: string | undefined
}

function toldOf(rule: Rule, from: Told['from']): Told {
  const { name, severity, text, runbook } = rule
  const { grafana, prometheus } = renderingsOf(rule)
  return { name, severity, text, runbook, from, grafana: whyNot(grafana), prometheus: whyNot(prometheus) }
}

const whyNot = (rendering: Rendering<unknown>): string | undefined => ('cannot' in rendering ? rendering.cannot : undefined)
const said = (engine: string, why: string | undefined): string => (why === undefined ? '' : `not in ${engine}: ${why}.`)
