/** What all kinds of servers have in common that applications call: mail, Redis, HTTP. */

const NOUNS = { mail: 'Mails', command: 'Commands', request: 'Requests' } as const

/** The attributes of calls, columns 3 to 16. */
export const outgoingAttributes = <const U extends keyof typeof NOUNS>(unit: U) =>
  ({
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance that uses it.', column: 3 },
    name: { type: 'string', role: 'key', description: 'Name from the configuration.', column: 4 },
    state: { type: 'string', role: 'state', values: ['ok', 'down'], description: '`down`: the last call failed.', column: 5 },
    target: { type: 'string', role: 'text', description: 'Where it is, without user and password.', column: 6 },
    calls: counted(unit, `${NOUNS[unit]} that were begun.`, 7),
    running: { type: 'int', role: 'gauge', unit: `{${unit}}`, description: `${NOUNS[unit]} that are begun and not ended.`, column: 8 },
    waiting: {
      type: 'int',
      role: 'gauge',
      unit: `{${unit}}`,
      description: `${NOUNS[unit]} that wait for a connection, or for room on one.`,
      column: 9,
    },
    connections: { type: 'int', role: 'gauge', unit: '{connection}', description: 'Open connections.', column: 10 },
    failures: counted(unit, `${NOUNS[unit]} that failed.`, 11),
    timeouts: counted(unit, `${NOUNS[unit]} without an answer in time; they count as failures as well.`, 12),
    refused: counted(unit, `${NOUNS[unit]} refused because too many waited.`, 13),
    durationP95: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      description: '95th percentile of the last minute, with the wait for a connection.',
      column: 14,
      snmpScale: 1000,
    },
    lastError: { type: 'string', role: 'text', description: 'Last error; empty if there was none.', column: 15 },
    lastErrorTime: { type: 'date', role: 'text', description: 'When that was.', column: 16 },
  }) as const

const counted = <const U extends string>(unit: U, description: string, column: number) =>
  ({ type: 'long', role: 'counter', unit: `{${unit}}`, description, column }) as const
