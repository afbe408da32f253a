export { type Exposition, exposition } from './exposition.ts'
export { prometheusContentType, prometheusText } from './prometheus-text.ts'
export { prometheusNameOf } from '@spyglass/agent/contract'
