import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the OTLP receiver. */
export const receiveErrors = {
  SPY_OTLP_TOO_LARGE:
    'the body is larger than %d bytes, also counted after decompression. Send smaller batches: lower maxExportBatchSize (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).',
  SPY_OTLP_ENCODING: 'unsupported content encoding %s: use gzip, deflate, zstd or none',
  SPY_OTLP_INFLATE: 'the body cannot be decompressed: %s',
  SPY_OTLP_CONTENT_TYPE: 'unsupported content type %s: use application/x-protobuf or application/json',
  SPY_OTLP_FOREIGN_ORIGIN:
    'the request came from a page of another site (%s) and was refused: list its origin in collector.allowedOrigins if its telemetry is welcome',
  SPY_OTLP_FOREIGN_HOST: 'the request names the host %s, which is not a name of this server: add it to server.hostNames',
  SPY_OTLP_TOKEN: 'the token in Authorization is not otlp.token of secrets.yaml: leave it out, or set the right one',
  SPY_OTLP_TOO_MANY_GUESSES: 'too many wrong tokens from this address: come again after Retry-After. The right one is never refused.',
  SPY_OTLP_METHOD: '%s is not allowed here: telemetry is sent by POST',
  SPY_OTLP_NOT_FOUND: 'there is nothing at %s: telemetry goes to /v1/traces, /v1/metrics and /v1/logs',
  SPY_OTLP_BROKEN_OFF: 'the connection was closed after %d bytes, before the body was complete',
  SPY_OTLP_PORT_TAKEN:
    'port %d on %s is in use by another process (OTLP over HTTP). Free it, or choose another with collector.otlpHttpPort or --port-offset.',
} as const

export const fail = errorsOf(receiveErrors)
