/** Removes what must not be stored, before anything is written or shown. */
export { afterLength } from './plain.ts'
export { type Rule, RULE } from './key-rules.ts'
export { messagePlaces } from './otlp-places.ts'
export { OtlpRedactor, type RedactedSignal } from './otlp-redactor.ts'
export { type RedactionRules, Redactor } from './redactor.ts'
export { IN_A_DIALECT } from './safe-texts.ts'
export { isSuspicious } from './suspicion.ts'
export { redactEvent, redactRow } from './rows.ts'
