import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the write-ahead log. Each means: not stored, try again later. */
export const walErrors = {
  SPY_WAL_FULL: 'the write-ahead log holds %d bytes of at most %d: the store does not keep up or is away',
  SPY_WAL_WRITE: 'the write-ahead log cannot be written: %s',
  SPY_WAL_BUSY: 'too much is waiting to be written: %d bytes',
  SPY_WAL_NEWER: 'the write-ahead log holds rows of a table %s, which this version does not know: start the version that wrote them',
  SPY_WAL_CLOSED: 'the write-ahead log is not open: %s',
} as const

export const fail = errorsOf(walErrors)
