import { declareSettings } from './declaration.ts'
import { milliseconds, name } from './shapes.ts'

const webhookSettings = declareSettings({
  name: name('Name of the receiver.'),
  type: {
    type: 'choice',
    values: ['webhook', 'alertmanager'],
    default: 'webhook',
    description: 'webhook: one JSON document per page. alertmanager: the Prometheus Alertmanager at `url`, by POST /api/v2/alerts.',
  },
  url: {
    type: 'url',
    required: true,
    example: 'https://alerts.example/hook',
    description: 'URL that pages are posted to as JSON. Redirects are not followed.',
  },
  headers: { type: 'map', default: {}, secret: true, description: 'Headers sent with each page, for instance Authorization.' },
  timeoutMs: milliseconds(5000, 'Timeout of one attempt.'),
  onlyEscalated: {
    type: 'boolean',
    default: false,
    description: 'Gets only pages that nobody has acknowledged within escalateAfterMs, and their end.',
  },
})

export const alertingSettings = declareSettings({
  owner: {
    type: 'choice',
    values: ['spyglass', 'grafana', 'prometheus'],
    default: 'spyglass',
    description: 'Who sends pages; the rules of the others are shipped paused.',
  },
  webhooks: {
    type: 'list',
    key: ['name'],
    settings: webhookSettings,
    default: [],
    description: 'Receivers of pages.',
    applies: 'restart',
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
