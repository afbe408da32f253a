import { errorsOf } from '@spyglass/agent/contract'

/** Errors of delivering pages. */
export const notifyErrors = {
  SPY_PAGE_REFUSED: 'receiver %s answered %d; redirects are not followed',
  SPY_PAGE_UNDELIVERED: 'cannot reach receiver %s: %s',
  SPY_PAGE_GIVEN_UP:
    'receiver %s did not accept what is no news any more (an incident that ended a day ago, a notice of ten minutes ago): the page is dropped',
} as const

export const fail = errorsOf(notifyErrors)
