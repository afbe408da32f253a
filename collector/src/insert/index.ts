export { Inserter, type InserterOptions } from './inserter.ts'
export { createStoreClient, InsertFailure, type StoreClient } from './store-client.ts'
