import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the OTLP receiver. */
export const receiveErrors = {
  SPY_OTLP_TOO_LARGE:
    'the body is larger than %d bytes, also counted after decompression. Send smaller batches: lower maxExportBatchSize (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).',
  SPY_OTLP_ENCODING: 'the content encoding %s is not taken: use gzip, deflate, zstd or none',
  SPY_OTLP_INFLATE: 'the body cannot be decompressed: %s',
  SPY_OTLP_CONTENT_TYPE: 'the content type %s is not taken: use application/x-protobuf or application/json',
  SPY_OTLP_PORT_TAKEN:
    'port %d on %s is taken by another process (OTLP over HTTP). Free it, or choose another with collector.otlpHttpPort or --port-offset.',
} as const

export const fail = errorsOf(receiveErrors)
