export { type LoadedRules, loadRecordings, loadRules, type RuleMistakes, SHIPPED_RULES, shippedRules } from './load-rules.ts'
export { attributeOf, kindOf, parseRule, runbookOf, unitOf } from './parse-rule.ts'
export {
  type ParsedRecordings,
  parseRecordings,
  type Phase,
  type RecordedEvent,
  type RecordedRoute,
  type Recording,
  valueAt,
} from './recording.ts'
export { type Bound, type Burn, type Changed, type Condition, type Rule, settleMsOf, type Take, type Value, valueText } from './rule.ts'
export { durationOf } from './quantity.ts'
export { runbookPages, runbookText } from './runbooks.ts'
export { renderingsOf, type RuleRenderings } from './renderings.ts'
