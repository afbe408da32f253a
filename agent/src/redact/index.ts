/** Redaction: one set of rules for the agent, our own processes and the collector. */
export { redactArguments, redactCommandLine } from './arguments.ts'
export { isCardNumber } from './card-number.ts'
export { redactText } from './free-text.ts'
export { isSecretName, REDACTED, type Secrecy, secrecyOf } from './secret-names.ts'
export { redactQuery, redactSecretParameters, redactUrl, redactUserInfo } from './url.ts'
export { isRawList, isSecretField, redactField, redactRawList, redactValue } from './values.ts'
