/** Loads the OpenAPI document of the administration API. */
import { get } from '../api.ts'
import type { ApiDocument } from './api-document.ts'

let loading: Promise<ApiDocument> | undefined

/** Loaded once: it changes only with the server's version, and then the page is loaded again. */
export async function apiDocument(): Promise<ApiDocument> {
  loading ??= get<ApiDocument>('administration/openapi.json')
  try {
    return await loading
  } catch (error) {
    loading = undefined
    throw error
  }
}
