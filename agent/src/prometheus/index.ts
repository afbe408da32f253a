export { prometheusContentType, prometheusText } from './prometheus-text.ts'
export { prometheusNameOf } from '../contract/index.ts'
