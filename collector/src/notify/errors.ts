import { errorsOf } from '@spyglass/agent/contract'

/** Errors of delivering pages. */
export const notifyErrors = {
  SPY_PAGE_REJECTED: 'the receiver %s answered %d and would answer the same again: the page is given up',
  SPY_PAGE_REFUSED: 'the receiver %s answered %d; redirects are not followed',
  SPY_PAGE_UNDELIVERED: 'the receiver %s cannot be reached: %s',
  SPY_PAGE_GIVEN_UP: 'the receiver %s took no page in %d attempts: the page is given up',
} as const

export const fail = errorsOf(notifyErrors)
