import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the sockets between our processes. */
export const channelErrors = {
  SPY_LOCAL_PATH: 'the path of the socket is too long (%d bytes, at most %d): %s. Choose a shorter data folder.',
} as const

export const fail = errorsOf(channelErrors)
