/** Seconds after which a refused client may try again: spread, so that those who were refused together do not come back together. */

const SPREAD_S = 3
const MAX_SPREAD_S = 30
/** The longer it has been refusing, the wider they are spread. */
const MS_PER_SECOND_OF_SPREAD = 5000

export function retryAfterS(refusingMs: number, random: () => number = Math.random): number {
  const spread = Math.min(MAX_SPREAD_S, SPREAD_S + refusingMs / MS_PER_SECOND_OF_SPREAD)
  return 1 + Math.floor(random() * spread)
}
