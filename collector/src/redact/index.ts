/** What must not be stored goes here, before anything is decoded, written or shown. */
export { OtlpRedactor, type RedactedSignal } from './otlp-redactor.ts'
export { type RedactionRules, Redactor } from './redactor.ts'
export { redactRow } from './rows.ts'
