/** Headers that a setting asks for, as attributes of requests and calls. The value of one that by its name is a secret stays here. */
import { redactText } from '../../redact/index.ts'
import { REDACTED, isSecretName } from '../../redact/secret-names.ts'
import type { AttributesInput } from '../../otlp/records.ts'

export interface CapturedHeaders {
  readonly serverRequest: readonly string[]
  readonly serverResponse: readonly string[]
  readonly clientRequest: readonly string[]
  readonly clientResponse: readonly string[]
}

const NONE: CapturedHeaders = { serverRequest: [], serverResponse: [], clientRequest: [], clientResponse: [] }
const MAX_VALUES = 8
const MAX_LENGTH = 1024

let captured = NONE

export function setCapturedHeaders(headers: CapturedHeaders): void {
  captured = headers
}

/** A value, several, or undefined. */
export type ReadHeader = (name: string) => unknown

/** Both sides of a request that is served. */
export function servedHeaders(request: ReadHeader, response: ReadHeader): AttributesInput {
  const { serverRequest, serverResponse } = captured
  if (serverRequest.length + serverResponse.length === 0) return {}
  return { ...attributesOf('request', serverRequest, request), ...attributesOf('response', serverResponse, response) }
}

/** Whether {@link calledHeaders} are wanted: most settings name none. */
export function wantsCalledHeaders(): boolean {
  return captured.clientRequest.length + captured.clientResponse.length > 0
}

/** The headers of a call have to be asked for while its objects are there: undefined when none are wanted. */
export function calledHeaders(request: ReadHeader, response: ReadHeader): AttributesInput | undefined {
  if (!wantsCalledHeaders()) return undefined
  const { clientRequest, clientResponse } = captured
  return { ...attributesOf('request', clientRequest, request), ...attributesOf('response', clientResponse, response) }
}

function attributesOf(side: 'request' | 'response', names: readonly string[], read: ReadHeader): Record<string, string[]> {
  const attributes: Record<string, string[]> = {}
  for (const given of names) {
    const name = given.toLowerCase()
    const value = read(name)
    if (value !== undefined && value !== null) attributes[`http.${side}.header.${name}`] = valuesOf(name, value)
  }
  return attributes
}

function valuesOf(name: string, value: unknown): string[] {
  if (isSecretName(name)) return [REDACTED]
  const values: unknown[] = Array.isArray(value) ? value : [value]
  return values.slice(0, MAX_VALUES).map((each) => redactText(String(each).slice(0, MAX_LENGTH)))
}
