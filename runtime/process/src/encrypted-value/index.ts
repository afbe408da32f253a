export { type AlgorithmName, algorithms } from './algorithms.ts'
export * from './encrypted-value.ts'
export { isEncryptedValueError } from './errors.ts'
export * from './secret-key.ts'
