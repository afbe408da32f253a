import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the OTLP receiver. */
export const receiveErrors = {
  SPY_OTLP_TOO_LARGE:
    'the body is larger than %d bytes, before or after decompression. Send smaller batches: lower maxExportBatchSize (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).',
  SPY_OTLP_ENCODING: 'unsupported content encoding %s: use gzip, deflate, zstd or none',
  SPY_OTLP_INFLATE: 'the body cannot be decompressed: %s',
  SPY_OTLP_CONTENT_TYPE: 'unsupported content type %s: use application/x-protobuf or application/json',
  SPY_OTLP_TOKEN_MISSING:
    'a token is required (collector.credentials): send it as a bearer token in Authorization (OTEL_EXPORTER_OTLP_HEADERS)',
  SPY_OTLP_TOKEN: 'the token in Authorization does not match otlp.token in secrets.yaml: correct it, or remove the header',
  SPY_OTLP_TOO_MANY_GUESSES:
    'too many wrong tokens from this address: retry after the time in Retry-After. The correct token always works.',
  SPY_OTLP_METHOD: '%s is not allowed: send telemetry with POST',
  SPY_OTLP_NOT_FOUND: 'nothing found at %s: send telemetry to /v1/traces, /v1/metrics or /v1/logs',
  SPY_OTLP_BROKEN_OFF: 'the connection was closed after %d bytes, before the body was complete',
} as const

export const fail = errorsOf(receiveErrors)
