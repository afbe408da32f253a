export * from './rollup-builder.ts'
