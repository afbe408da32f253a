/** The commands, declared once: `--help` and docs/reference/cli.md are made from this table. */

export interface OptionDeclaration {
  /** Name of the value; left out: a switch. */
  readonly value?: string
  readonly description: string
}

export interface CommandDeclaration {
  /** Words after `spyglass`. */
  readonly name: string
  readonly arguments?: string
  readonly summary: string
  readonly options: Readonly<Record<string, OptionDeclaration>>
  readonly example: string
}

const configuration = {
  config: { value: 'FILE', description: 'Configuration file (YAML). Left out: the defaults.' },
  data: { value: 'DIR', description: 'Data folder; overrides the one in the configuration.' },
  'port-offset': { value: 'N', description: 'Adds N to every port.' },
} as const satisfies Record<string, OptionDeclaration>

export const commands: readonly CommandDeclaration[] = [
  {
    name: 'up',
    summary: 'Starts the whole suite: server, collector, store, SNMP bridge and console.',
    options: {
      ...configuration,
      demo: { description: 'Adds the sample application with gentle traffic, and SNMP v2c with community public on loopback.' },
    },
    example: 'spyglass up --config spyglass.yaml',
  },
  {
    name: 'server',
    summary: 'Starts the server alone: instances, management and the SNMP bridge. Telemetry goes to agent.endpoint.',
    options: configuration,
    example: 'spyglass server --config spyglass.yaml',
  },
  {
    name: 'collector',
    summary: 'Starts the collector and the console alone.',
    options: configuration,
    example: 'spyglass collector --data /var/lib/spyglass',
  },
  {
    name: 'store',
    summary: 'Starts the embedded ClickHouse alone.',
    options: configuration,
    example: 'spyglass store --data /var/lib/spyglass',
  },
  {
    name: 'snmp-bridge',
    summary: 'Starts the SNMP bridge alone.',
    options: configuration,
    example: 'spyglass snmp-bridge --config spyglass.yaml',
  },
  {
    name: 'status',
    summary: 'Shows the processes and instances of a running server, and whether it is ready.',
    options: configuration,
    example: 'spyglass status',
  },
  {
    name: 'list',
    arguments: '[PATTERN]',
    summary: 'Lists resources by dotted name; * stands for any characters.',
    options: configuration,
    example: "spyglass list 'datasource.*'",
  },
  {
    name: 'get',
    arguments: 'NAME…',
    summary: 'Prints attributes as name=value; * stands for any characters.',
    options: configuration,
    example: "spyglass get 'instance.*.state' datasource.http-1.shop.activeConnections",
  },
  {
    name: 'reload',
    arguments: '[INSTANCE]',
    summary: 'Puts a new generation of an instance, or of all, into service without losing a request.',
    options: configuration,
    example: 'spyglass reload http-1',
  },
  {
    name: 'mib',
    summary: 'Prints SPYGLASS-MIB.',
    options: { ...configuration, root: { value: 'OID', description: 'Root of the module; by default the one in the configuration.' } },
    example: 'spyglass mib --root 1.3.6.1.4.1.8072.9999.9999 > SPYGLASS-MIB',
  },
  {
    name: 'dashboards build',
    summary: 'Writes the Grafana provisioning: dashboards, data source and alert rules.',
    options: { ...configuration, out: { value: 'DIR', description: 'Folder to write to; by default grafana in the data folder.' } },
    example: 'spyglass dashboards build --out /etc/grafana/provisioning',
  },
]
