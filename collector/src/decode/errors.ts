import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the decoders. All of them mean that the body does not match its content type; the sender must not retry. */
export const decodeErrors = {
  SPY_OTLP_MALFORMED: 'the body is not a valid OTLP request: %s',
  SPY_OTLP_JSON: 'the body is not valid OTLP/JSON: %s',
} as const

export const fail = errorsOf(decodeErrors)
