/** Reads a multipart form: its fields are parameters like those of the URL, and `query` among them is the statement. */
import { refuse } from '../clickhouse-error.ts'

export const isForm = (contentType: string | undefined): boolean => /^multipart\/form-data\b/i.test(contentType ?? '')

/** @throws ClickhouseError 117 when it is not a form, 48 when it brings a table. */
export async function formFields(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<[string, string][]> {
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData().catch((error: unknown) => {
    throw refuse('INCORRECT_DATA', 'The body is not a multipart form', error)
  })
  return [...form].map(([name, value]) => {
    if (typeof value !== 'string') throw refuse('NOT_IMPLEMENTED', `External tables are not supported: ${name}`)
    return [name, value]
  })
}
