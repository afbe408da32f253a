/** The order of pages: what needs somebody stands above what has somebody, and that above what is over. */
import type { Incident } from './api-types.ts'
import { said, t } from './language.ts'

/** Open ones first, of those the ones that nobody has acknowledged; within each the newest first. */
export function inboxOrder(incidents: readonly Incident[]): readonly Incident[] {
  return incidents.toSorted((a, b) => rankOf(a) - rankOf(b) || b.since - a.since)
}

function rankOf({ state, acknowledged }: Incident): number {
  if (state === 'resolved') return 3
  if (state === 'pending') return 2
  return acknowledged ? 1 : 0
}

/** What stands over the inbox: `3 firing, 1 not acknowledged`. */
export function inboxText(incidents: readonly Incident[]): string {
  const firing = incidents.filter(({ state }) => state === 'firing')
  const open = firing.filter(({ acknowledged }) => !acknowledged)
  return firing.length === 0
    ? t('Nothing fires.')
    : said('{firing} firing, {open} not acknowledged.', { firing: firing.length, open: open.length })
}
