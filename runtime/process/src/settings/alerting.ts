import { declareSettings } from './declaration.ts'
import { hoursCheck, timeZoneCheck } from './hours.ts'
import { labelMatcherCheck } from './label-matcher.ts'
import { receiverSettings } from './receivers.ts'
import { milliseconds, name } from './shapes.ts'

/** As RFC 3339 writes it. */
const timeCheck = {
  is: (text: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  allowed: 'a time such as 2030-01-31T18:00:00Z',
} as const

const maintenanceSettings = declareSettings({
  name: name('Name of the window.'),
  matchers: {
    type: 'texts',
    each: { minLength: 1, checks: [labelMatcherCheck] },
    default: [],
    description: 'Alerts that it is about: matchers of labels that must all match. By default all.',
  },
  hours: {
    type: 'texts',
    each: { minLength: 1, checks: [hoursCheck] },
    default: [],
    description: 'Hours that come back: `sun 02:00-04:00`, `22:00-06:00`.',
  },
  timeZone: {
    type: 'text',
    checks: [timeZoneCheck],
    example: 'Europe/Berlin',
    description: 'Time zone of `hours`. Default: that of the machine.',
  },
  from: {
    type: 'text',
    checks: [timeCheck],
    example: '2030-01-31T18:00:00Z',
    description: 'When it begins; of hours, from when they hold.',
  },
  until: {
    type: 'text',
    checks: [timeCheck],
    example: '2030-01-31T20:00:00Z',
    description: 'When it ends; of hours, until when they hold.',
  },
})

export const alertingSettings = declareSettings({
  owner: {
    type: 'choice',
    values: ['spyglass', 'grafana', 'prometheus'],
    default: 'spyglass',
    description: 'Who sends pages; the rules of the others are shipped paused.',
  },
  language: {
    type: 'choice',
    values: ['en', 'zh'],
    default: 'en',
    description: 'Language of pages, of what the rules say, and of the views of incidents: English or Chinese.',
    readBy: ['collector'],
  },
  receivers: {
    type: 'list',
    key: ['name'],
    settings: receiverSettings,
    default: [],
    description: 'Receivers of pages.',
    applies: 'live',
    readBy: ['collector'],
  },
  maintenance: {
    type: 'list',
    key: ['name'],
    settings: maintenanceSettings,
    default: [],
    description:
      'Times in which pages are withheld from people. Events, SNMP notifications and the console show what happens all the same.',
    applies: 'live',
    readBy: ['collector'],
  },
  rules: {
    type: 'text',
    minLength: 1,
    description: 'Folder with own alert rules, one in each `.yaml` file. Relative to the configuration file. Default: none.',
  },
  instanceDownAfterMs: { ...milliseconds(15_000, 'How long an instance must be down before InstanceDown pages.', 100), applies: 'live' },
  crashesBeforePage: {
    type: 'int',
    min: 2,
    max: 100,
    default: 3,
    applies: 'live',
    description: 'Number of crashes within crashWindowMs that pages even if the instance recovered each time.',
  },
  crashWindowMs: { ...milliseconds(600_000, 'Time window of crashesBeforePage.', 1000), applies: 'live' },
  repeatAfterMs: {
    ...milliseconds(3_600_000, 'How often a reminder is sent while an alert keeps firing and nobody has acknowledged it.', 1000),
    applies: 'live',
  },
  escalateAfterMs: {
    ...milliseconds(900_000, 'How long a page may stay unacknowledged before receivers with onlyEscalated get it.', 1000),
    applies: 'live',
  },
})
