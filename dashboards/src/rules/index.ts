export { type LoadedRules, loadRules, type RuleMistakes, shippedRules } from './load-rules.ts'
export { attributeOf, kindOf, parseRule, unitOf } from './parse-rule.ts'
export { type Bound, type Burn, type Changed, type Condition, type Rule, type Take, type Value, valueText } from './rule.ts'
export { renderingsOf, type RuleRenderings } from './renderings.ts'
