export type { HttpClient } from './http-client.ts'
export { httpClientType } from './http-client-type.ts'
