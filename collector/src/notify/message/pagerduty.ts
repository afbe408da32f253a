/** A page as events of PagerDuty (Events API v2), which opens and ends an incident of its own under our incident id. */
import { wordsOf } from '../../words/index.ts'
import type { Page } from '../page.ts'
import type { Message, MessageMaker } from './message.ts'

const EVENTS = 'https://events.pagerduty.com/v2/enqueue'
/** It refuses a longer one. */
const MAX_SUMMARY = 1024

export const pagerduty: MessageMaker = ({ url = EVENTS, key = '' }, page) => {
  if (page.status === 'notice') return [change(url, key, page)]
  const trigger = event(url, key, { page, action: 'trigger' })
  const resolve = event(url, key, { page, action: 'resolve' })
  if (page.status === 'resolved') return page.wasMissed ? [trigger, resolve] : [resolve]
  return page.status === 'test' ? [trigger, resolve] : [trigger] // a test leaves nothing open
}

interface Action {
  readonly page: Page
  readonly action: 'trigger' | 'resolve'
}

function event(url: string, key: string, { page, action }: Action): Message {
  const { incidentId, links } = page
  const body = { routing_key: key, event_action: action, dedup_key: incidentId }
  if (action === 'resolve') return { url, body }
  const texts = wordsOf(page.language).links
  const shown = (['console', 'trace', 'runbook'] as const).flatMap((name) => {
    const href = links[name]
    return href === undefined ? [] : [{ href, text: texts[name] }]
  })
  return { url, body: { ...body, client: 'Spyglass', client_url: links.console, links: shown, payload: payloadOf(page) } }
}

/** A server that was told to stop is no incident: it is shown beside those that follow. */
function change(url: string, key: string, page: Page): Message {
  const { summary, timestamp, source, custom_details } = payloadOf(page)
  return {
    url: new URL('change/enqueue', url).href,
    body: { routing_key: key, payload: { summary, timestamp, source, custom_details } },
  }
}

function payloadOf({ summary, server, severity, startsAt, resource, rule, holders, service, usual, changes, attributes }: Page) {
  return {
    summary: summary.slice(0, MAX_SUMMARY),
    source: server,
    severity,
    timestamp: startsAt,
    component: resource,
    class: rule,
    custom_details: { attributes, holders: holders.slice(0, 20), service, usual, changes },
  }
}
