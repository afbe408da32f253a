export * from './guard-output.ts'
export * from './line-sink.ts'
