/** Errors of the MBean endpoint and their wire format: the reference sends Java exception names, which clients test. */
import { codeOf, errorsOf } from '@spyglass/agent/contract'

export const jolokiaErrors = {
  SPY_JOLOKIA_BAD_JSON: 'the body must be one JSON object or an array of them',
  SPY_JOLOKIA_BAD_URL: 'the path is not valid percent-encoding',
  SPY_JOLOKIA_BAD_TYPE: "No type with name '%s' exists",
  SPY_JOLOKIA_BAD_NAME: '%s',
  SPY_JOLOKIA_BAD_PARAMETER: 'Invalid value of %s parameter',
  SPY_JOLOKIA_BAD_CONFIG: 'For input string: "%s"',
  SPY_JOLOKIA_BAD_METHOD: 'HTTP Method %s is not supported.',
  SPY_JOLOKIA_MISSING: '%s requests need %s',
  SPY_JOLOKIA_TOO_LONG: '%s is longer than %d',
  SPY_JOLOKIA_NOT_IN_BULK: 'a bulk request cannot open a stream',
  SPY_JOLOKIA_NO_MBEAN: '%s',
  SPY_JOLOKIA_NO_ATTRIBUTE: 'No such attribute: %s',
  SPY_JOLOKIA_NO_OPERATION: '%s',
  SPY_JOLOKIA_NO_SECTION: 'Illegal path element %s',
  SPY_JOLOKIA_UNREADABLE: 'attribute %s of %s cannot be read at the moment',
  SPY_JOLOKIA_DENIED: '%s is not allowed: the endpoint is read-only',
  SPY_JOLOKIA_NO_PROXY: 'proxy requests (target) are not supported',
  SPY_JOLOKIA_ORIGIN: 'Origin %s is not allowed to call this agent',
  SPY_JOLOKIA_HOST: 'host name %s is not allowed: use an IP address or localhost',
  SPY_JOLOKIA_NO_NODE: 'process %s is not running',
  SPY_JOLOKIA_NO_CLIENT: 'No client %s registered',
  SPY_JOLOKIA_NO_HANDLE: 'No listener %s of client %s registered',
  SPY_JOLOKIA_NO_BACKEND: 'No backend of type %s',
  SPY_JOLOKIA_LIMIT: 'at most %d %s are allowed',
  SPY_JOLOKIA_INTERNAL: 'internal error; see the log of the process',
} as const

export type JolokiaCode = keyof typeof jolokiaErrors

export const fail = errorsOf(jolokiaErrors)

interface Wire {
  readonly status: number
  readonly type: string
  /** Whether the exception is one of JMX's own. */
  readonly jmx?: true
}

const ILLEGAL_ARGUMENT = 'java.lang.IllegalArgumentException'
const illegalArgument: Wire = { status: 500, type: ILLEGAL_ARGUMENT }
const badRequest: Wire = { status: 400, type: ILLEGAL_ARGUMENT }
const denied: Wire = { status: 403, type: 'java.lang.Exception' }

/** Status 400 is answered before an MBean is touched: by HTTP status for a single request, by its own member in a bulk. */
const wire: Readonly<Record<JolokiaCode, Wire>> = {
  SPY_JOLOKIA_BAD_JSON: badRequest,
  SPY_JOLOKIA_BAD_URL: badRequest,
  SPY_JOLOKIA_BAD_TYPE: badRequest,
  SPY_JOLOKIA_BAD_NAME: { status: 400, type: 'javax.management.MalformedObjectNameException', jmx: true },
  SPY_JOLOKIA_BAD_PARAMETER: badRequest,
  SPY_JOLOKIA_BAD_CONFIG: { status: 500, type: 'java.lang.NumberFormatException' },
  SPY_JOLOKIA_BAD_METHOD: badRequest,
  SPY_JOLOKIA_MISSING: badRequest,
  SPY_JOLOKIA_TOO_LONG: badRequest,
  SPY_JOLOKIA_NOT_IN_BULK: badRequest,
  SPY_JOLOKIA_NO_MBEAN: { status: 404, type: 'javax.management.InstanceNotFoundException', jmx: true },
  SPY_JOLOKIA_NO_ATTRIBUTE: { status: 404, type: 'javax.management.AttributeNotFoundException', jmx: true },
  SPY_JOLOKIA_NO_OPERATION: { status: 500, type: 'java.lang.NoSuchMethodException' },
  SPY_JOLOKIA_NO_SECTION: illegalArgument,
  SPY_JOLOKIA_UNREADABLE: { status: 500, type: 'javax.management.RuntimeMBeanException', jmx: true },
  SPY_JOLOKIA_DENIED: denied,
  SPY_JOLOKIA_NO_PROXY: denied,
  SPY_JOLOKIA_ORIGIN: denied,
  SPY_JOLOKIA_HOST: denied,
  SPY_JOLOKIA_NO_NODE: { status: 404, type: 'java.lang.IllegalStateException' },
  SPY_JOLOKIA_NO_CLIENT: illegalArgument,
  SPY_JOLOKIA_NO_HANDLE: illegalArgument,
  SPY_JOLOKIA_NO_BACKEND: illegalArgument,
  SPY_JOLOKIA_LIMIT: badRequest,
  SPY_JOLOKIA_INTERNAL: { status: 500, type: 'java.lang.Exception' },
}

/** An error as the fields of a response. */
export interface WireError {
  readonly error_type: string
  readonly '.error': true
  readonly error_type_jmx?: string
  readonly error: string
  readonly status: number
}

/** The response fields of any error. Foreign errors become `SPY_JOLOKIA_INTERNAL`; their message only goes to the log. */
export function wireErrorOf(error: unknown): WireError {
  const code = jolokiaCodeOf(error)
  const { status, type, jmx } = wire[code]
  const message = code === 'SPY_JOLOKIA_INTERNAL' ? jolokiaErrors[code] : (error as Error).message
  return { error_type: type, '.error': true, ...(jmx ? { error_type_jmx: type } : {}), error: message, status }
}

/** The code of an error of this folder; anything else is an internal error. */
export function jolokiaCodeOf(error: unknown): JolokiaCode {
  const code = codeOf(error)
  return code !== undefined && Object.hasOwn(wire, code) ? (code as JolokiaCode) : 'SPY_JOLOKIA_INTERNAL'
}

/** Whether the request itself is wrong: answered by HTTP status when it stands alone. */
export function isBadRequest(error: unknown): boolean {
  return wire[jolokiaCodeOf(error)].status === 400
}
