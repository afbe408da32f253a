export type * from '../resource-type/resource-type.ts'
export type * from './resource-types.ts'
export * from './resources.ts'
