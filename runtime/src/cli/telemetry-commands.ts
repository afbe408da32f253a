/** Commands that ask the collector what it knows. */
import type { CommandDeclaration } from './command-declaration.ts'

/** How the collector is found: by the data folder of its server. */
const collector = {
  data: {
    value: 'DIR',
    description: 'Data folder of the server. Default: that of --config, else `spyglass-data`.',
    completes: 'folder',
  },
  config: { value: 'FILE', description: 'Configuration file that names the data folder.', completes: 'file' },
} as const satisfies CommandDeclaration['options']

export const telemetryCommands: readonly CommandDeclaration[] = [
  {
    name: 'why',
    arguments: 'FILE[:LINE]',
    summary:
      'Says what a line of an application cost: its statements and calls, how often, how long, their share of all requests, and the slowest trace. Without LINE: all lines of the file. The collector of the data folder is asked.',
    options: {
      ...collector,
      since: { value: 'TIME', description: 'How far back: `30m`, `8h` or `7d`. Default: `1h`.' },
      service: { value: 'NAME', description: 'Only what this service did.' },
      json: { description: 'Prints one JSON document instead of lines.' },
    },
    examples: ['spyglass why src/orders.ts:41', 'spyglass why src/orders.ts --since 1d --json'],
  },
  {
    name: 'incidents',
    summary:
      'Lists incidents: those that fire or may fire, then those that have resolved recently. The collector of the data folder is asked.',
    options: { ...collector, json: { description: 'Prints one JSON document instead of lines.' } },
    examples: ['spyglass incidents'],
  },
  {
    name: 'incident',
    arguments: 'ID',
    summary:
      'Writes one incident as an HTML document for offline reading: timeline, chart, holders, failures, changes and log, without secrets. It loads nothing and runs nothing.',
    options: { ...collector, json: { description: 'Prints what it is made from, as one JSON document.' } },
    examples: ['spyglass incident 00112233aabbccdd > incident.html'],
  },
  {
    name: 'rehearse',
    arguments: 'RULE',
    summary:
      'Rehearses an incident on a running server: an alert about a pool that does not exist goes to the notification, the trap, the page and Alertmanager, marked as a rehearsal, and clears by itself. RULE is poolExhausted.',
    options: { ...collector, seconds: { value: 'N', description: 'When it clears: 5 to 600. Default: 60.' } },
    isForServer: true,
    examples: ['spyglass rehearse poolExhausted', 'spyglass rehearse poolExhausted --seconds 120'],
  },
]
