/** What people read, in English. */
import { keysOf } from '@spyglass/agent/contract'
import type { Words } from './words.ts'

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

function subject(resource: string): string {
  const { type = '', name = '', process, instance = process } = keysOf(resource)
  const named = [type === 'Datasource' ? 'Pool' : type, name].filter(Boolean).join(' ')
  return instance === undefined ? named : `${named} of ${instance}`
}

const statuses = { firing: 'Firing', reminder: 'Still firing', resolved: 'Resolved', notice: 'Notice', test: 'Test' } as const

export const english: Words = {
  language: 'en',
  duration,
  subject,
  ruleTitle: (rule) => rule,
  ruleText: (_rule, text) => text,
  ruleHelp: (_rule, help) => help,
  measured: (text, detail) => `${text}: ${detail}`,
  share: (share, part, of) => `${share} (${part} of ${of})`,
  forecast: (present, leftMs) => `${present} now, full in about ${duration(leftMs)}`,
  burn: ({ share, overMs, part, all, allowed }) => `${share} in ${duration(overMs)} (${part} of ${all}), the objective allows ${allowed}`,
  changed: (now, before, agoMs) => `${now}, ${before} ${duration(agoMs)} ago`,
  exhausted(resource, { route, location, heldMs }) {
    const who = [route, location && `at ${location}`].filter(Boolean).join(' ')
    return `${subject(resource)} is exhausted: ${who || 'a borrower outside any request'} has held a connection for ${duration(heldMs)}`
  },
  isExhausted: (resource, message) => `${subject(resource)} is exhausted. ${message}`,
  wasExhausted: (resource) => `${subject(resource)} is exhausted: it already was when alerting started`,
  instanceDown: (name, message) => `Instance ${name} is down. ${message}`,
  crashLoop: ({ name, count, withinMs, message }) => `Instance ${name} crashed ${count} times within ${duration(withinMs)}. ${message}`,
  rehearsal: (by) => `This is a rehearsal by ${by}: nothing is wrong.`,
  ofServer: (server, summary) => `Server ${server}: ${summary}`,
  pagingBroken: ({ receiver, waiting, reason }) => `Receiver ${receiver} accepts no pages, ${waiting} wait: ${reason ?? 'unknown'}.`,

  stillFiring: (ms) => `Still firing after ${duration(ms)}. `,
  unacknowledged: (ms) => `Nobody has acknowledged it for ${duration(ms)}. `,
  recovered({ subject: what, ms, failedRequests: failed }) {
    const cost = failed === 0 ? '' : `; ${failed} ${failed === 1 ? 'request' : 'requests'} failed`
    return `${what} recovered after ${duration(ms)}${cost}.`
  },
  missed: (summary) => ` It began while this receiver accepted nothing: ${summary}`,
  companions: (count, subjects, isMore) => ` (and ${count} more: ${subjects.join(', ')}${isMore ? ' …' : ''})`,
  stopping: (server) => `Server ${server} was told to stop. It sends nothing until it is started again.`,
  watches: (server) => `${server} watches.`,
  test: (by) => `This is a test by ${by}. Nothing is wrong.`,

  statuses,
  severities: { info: 'info', warning: 'warning', critical: 'critical' },
  title: ({ status, rule, severity, server }) => `${statuses[status]}: ${rule} (${severity}) on ${server}`,
  since: (from, to) => `Since ${from}${to === undefined ? '' : `, until ${to}`}`,
  acknowledgedBy: (by) => `Acknowledged by ${by}`,
  usual({ what, now, usual, limit }) {
    const parts = [now && `${now} now`, `usually ${usual} (median of the hour before)`, limit && `limit ${limit}`]
    return `${what}: ${parts.filter(Boolean).join(', ')}`
  },
  holder({ connection, heldMs, route, location, statement, blockers }) {
    const blocked = blockers.map(({ id, connection: own }) => (own === undefined ? `session ${id}` : `connection ${own}`)).join(', ')
    const held = `connection ${connection} held ${(heldMs / 1000).toFixed(1)} s`
    const parts = [held, route && `by ${route}`, location && `at ${location}`, blocked && `blocked by ${blocked}`]
    return `${parts.filter(Boolean).join(' ')}${statement ? `: ${statement}` : ''}`
  },
  route: ({ route, requests, errors, p95 }) => `${route}: ${errors} of ${requests} requests failed, p95 ${p95}`,
  exception: ({ type, message, location, count }) =>
    `${[type, message].filter(Boolean).join(': ')}${location && ` at ${location}`}, ${count} times`,
  statement: ({ statement, location, calls, totalMs }) =>
    `${statement}${location && ` at ${location}`}: ${duration(totalMs)} in ${calls} calls`,
  change: ({ time, message }) => `${time} ${message}`,
  trace: (link) => `Trace: ${link}`,
  runbook: (link) => `Runbook: ${link}`,
  links: { console: 'Console', trace: 'Trace', runbook: 'Runbook' },
  measures: { lent: 'lent', waiting: 'waiting', requests: 'requests', errors: 'errors', 'failed requests': 'failed requests' },

  takesCare: ({ by, rule, subject: what, note }) => `${by} takes care of ${rule} of ${what}${note && `: ${note}`}`,
  silences: ({ by, matchers, until, comment }) => `${by} silences ${matchers} until ${until}: ${comment}`,
  endsSilence: (by, matchers) => `${by} ends the silence of ${matchers}`,
  accepted: (receiver, status, attempt) => `${receiver} has accepted the page: ${status}${attempt === 1 ? '' : `, at attempt ${attempt}`}`,
  pages: (rule, summary) => `${rule} pages: ${summary}`,
  resolved: (rule, summary) => `${rule} has resolved: ${summary}`,
}
