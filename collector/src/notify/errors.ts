import { errorsOf } from '@spyglass/agent/contract'

/** Errors of delivering pages. */
export const notifyErrors = {
  SPY_PAGE_REFUSED: 'receiver %s answered %s; redirects are not followed',
  SPY_PAGE_UNDELIVERED: 'cannot reach receiver %s: %s',
  SPY_PAGE_GIVEN_UP:
    'receiver %s did not accept what is no news any more (an incident that ended a day ago, a notice of ten minutes ago): the page is dropped',
  SPY_RECEIVER_INTERNAL:
    'receiver %s leads to the internal address %s, and a command set where it leads: set it in spyglass.yaml if that is meant',
  SPY_RECEIVER_NAME_UNKNOWN: 'there is no receiver %s; configured: %s',
} as const

export const fail = errorsOf(notifyErrors)
