/** The commands, declared once: `--help` and docs/reference/cli.md are made from this table. */

export interface OptionDeclaration {
  /** Name of the value; if omitted, the option is a flag. */
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
  config: { value: 'FILE', description: 'Configuration file (YAML). Default: built-in defaults.' },
  data: { value: 'DIR', description: 'Data folder; overrides the one in the configuration.' },
  'port-offset': { value: 'N', description: 'Adds N to every port.' },
} as const satisfies Record<string, OptionDeclaration>

export const commands: readonly CommandDeclaration[] = [
  {
    name: 'up',
    summary: 'Starts everything: server, collector, store, SNMP bridge and console.',
    options: {
      ...configuration,
      demo: { description: 'Adds the sample application with light traffic, and SNMP v2c with community public on loopback.' },
    },
    example: 'spyglass up --config spyglass.yaml',
  },
  {
    name: 'server',
    summary: 'Starts only the server: instances, management and the SNMP bridge. Telemetry goes to agent.endpoint.',
    options: configuration,
    example: 'spyglass server --config spyglass.yaml',
  },
  {
    name: 'collector',
    summary: 'Starts only the collector and the console.',
    options: configuration,
    example: 'spyglass collector --data /var/lib/spyglass',
  },
  {
    name: 'store',
    summary: 'Starts only the embedded ClickHouse.',
    options: configuration,
    example: 'spyglass store --data /var/lib/spyglass',
  },
  {
    name: 'snmp-bridge',
    summary: 'Starts only the SNMP bridge.',
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
    summary: 'Lists resources by dotted name; * matches any characters.',
    options: configuration,
    example: "spyglass list 'datasource.*'",
  },
  {
    name: 'get',
    arguments: 'NAME…',
    summary: 'Prints attributes as name=value; * matches any characters.',
    options: configuration,
    example: "spyglass get 'instance.*.state' datasource.http-1.shop.activeConnections",
  },
  {
    name: 'reload',
    arguments: '[INSTANCE]',
    summary: 'Replaces an instance, or all instances, with a new generation without losing a request.',
    options: configuration,
    example: 'spyglass reload http-1',
  },
  {
    name: 'mib',
    summary: 'Prints SPYGLASS-MIB.',
    options: { ...configuration, root: { value: 'OID', description: 'Root OID of the module. Default: snmp.root of the configuration.' } },
    example: 'spyglass mib --root 1.3.6.1.4.1.8072.9999.9999 > SPYGLASS-MIB',
  },
  {
    name: 'dashboards build',
    summary: 'Writes the Grafana provisioning files: dashboards, data source and alert rules.',
    options: { ...configuration, out: { value: 'DIR', description: 'Folder to write to. Default: grafana in the data folder.' } },
    example: 'spyglass dashboards build --out /etc/grafana/provisioning',
  },
]
