import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the write-ahead log. Each means: not stored, retry later. */
export const walErrors = {
  SPY_WAL_FULL: 'the write-ahead log holds %d of at most %d bytes: the store is too slow or unavailable',
  SPY_WAL_WRITE: 'cannot write to the write-ahead log: %s',
  SPY_WAL_BUSY: 'too many bytes are waiting to be written: %d',
  SPY_WAL_UNREADABLE: 'cannot open the write-ahead log %s: %s. Give the server the right to read and write there; nothing is lost',
  SPY_WAL_NEWER: 'the write-ahead log holds rows of table %s, which this version does not know: start the version that wrote them',
  SPY_WAL_CLOSED: 'the write-ahead log is not open: %s',
} as const

export const fail = errorsOf(walErrors)
