import { defaultPorts } from '@spyglass/agent/contract'
import { declareSettings } from './declaration.ts'
import { host, isHost, isWithinBytes, milliseconds, port, snmpUserName } from './shapes.ts'

/** RFC 3418 gives sysContact and sysLocation 255 bytes. */
const systemText = (description: string) =>
  ({ type: 'text', checks: [{ is: isWithinBytes(255), allowed: 'at most 255 bytes' }], default: '', description }) as const

const isUsableRoot = (oid: string): boolean => {
  const numbers = oid.split('.')
  return numbers.length <= 64 && numbers.every((number) => Number(number) < 2 ** 32)
}

const trapTargetSettings = declareSettings({
  host: {
    type: 'text',
    minLength: 1,
    checks: [{ is: isHost, allowed: 'a host name or an IP address; the port stands in port' }],
    required: true,
    example: '192.0.2.10',
    description: 'Address of the manager.',
  },
  port: port(162, 'UDP port of the manager.'),
  version: { type: 'choice', values: ['v2c', 'v3'], default: 'v2c', description: 'v2c sends traps, v3 sends authPriv informs.' },
  community: { type: 'text', minLength: 1, secret: true, example: 'traps', description: 'Community for v2c.' },
  user: { type: 'text', ...snmpUserName, description: 'v3 user; by default the one in secrets.yaml.' },
  authPassword: {
    type: 'text',
    minLength: 8,
    secret: true,
    description: 'v3 authentication password (SHA-256); by default the one in secrets.yaml.',
  },
  privPassword: {
    type: 'text',
    minLength: 8,
    secret: true,
    description: 'v3 privacy password (AES-128); by default the one in secrets.yaml.',
  },
  timeoutMs: milliseconds(2000, 'How long an inform waits for its acknowledgement.'),
  retries: { type: 'int', min: 0, max: 20, default: 5, description: 'How many times an inform is retried.' },
})

export const snmpSettings = declareSettings({
  enabled: { type: 'boolean', default: true, readBy: ['server'], description: 'Whether the SNMP bridge runs.' },
  host: host('Address to listen on. With v2c enabled, only a loopback address is allowed.'),
  port: port(defaultPorts.snmp, 'UDP port.'),
  root: {
    type: 'text',
    checks: [
      { is: /^1\.3\.6\.1(\.\d+)+$/, allowed: 'an OID under 1.3.6.1' },
      { is: isUsableRoot, allowed: 'an OID of at most 64 numbers, each below 2^32' },
    ],
    default: '1.3.6.1.4.1.8072.9999.9999',
    description: 'OID under which SPYGLASS-MIB is rooted.',
  },
  community: { type: 'text', minLength: 1, secret: true, description: 'Read-only v2c community. Without it, v2c is off.' },
  contact: systemText('sysContact.'),
  location: systemText('sysLocation.'),
  pollIntervalMs: milliseconds(1000, 'How often the bridge polls the MBean endpoint.', 100),
  trapTargets: {
    type: 'list',
    key: ['host', 'port'],
    settings: trapTargetSettings,
    default: [],
    description: 'Managers that get notifications.',
    applies: 'restart',
    readBy: ['snmp-bridge'],
  },
  notifications: {
    type: 'choice',
    values: ['once', 'all'],
    default: 'once',
    description:
      'once: one notification per phase of an incident. all: also notifications of an alert rule about an event that was already sent.',
  },
})
