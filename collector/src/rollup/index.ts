export type { CountedError } from './error-rows.ts'
export * from './rollup-builder.ts'
