/** The commands, declared once: `--help`, completion and docs/reference/cli.md are made from this table. */

export interface OptionDeclaration {
  /** Name of the value; if omitted, the option is a flag. */
  readonly value?: string
  readonly description: string
  /** What the shell completes the value with. Default: nothing. */
  readonly completes?: 'file' | 'folder'
}

export interface CommandDeclaration {
  /** Words after `spyglass`. */
  readonly name: string
  /** As in the usage line: `NAME…` for one or more, `[NAME…]` for any number, `[NAME]` for at most one. */
  readonly arguments?: string
  readonly summary: string
  readonly options: Readonly<Record<string, OptionDeclaration>>
  readonly examples: readonly string[]
  /** Whether it may be used in `spyglass shell`: it speaks to a running server. */
  readonly isForServer?: boolean
  /** For scripts of ours: not in the help. */
  readonly isInternal?: boolean
  /** What the shell completes its arguments with. Default: nothing. */
  readonly completes?: 'names' | 'settings' | 'operations' | 'commands' | 'shells'
}

const configuration = {
  config: { value: 'FILE', description: 'Configuration file (YAML). Default: built-in defaults.', completes: 'file' },
  data: { value: 'DIR', description: 'Data folder; overrides the one in the configuration.', completes: 'folder' },
  'port-offset': { value: 'N', description: 'Adds N to every port.' },
} as const satisfies Record<string, OptionDeclaration>

/** How a running server is found: by its data folder, in which its administration socket is. */
const server = {
  data: { value: 'DIR', description: 'Data folder of the server. Default: that of --config, else `spyglass-data`.', completes: 'folder' },
  config: { value: 'FILE', description: 'Configuration file that names the data folder.', completes: 'file' },
  'port-offset': { value: 'N', description: 'Accepted and not needed: the ports of a running server are known.' },
  json: { description: 'Prints one JSON document instead of lines.' },
} as const satisfies Record<string, OptionDeclaration>

const target = {
  target: { value: 'PROCESS', description: 'Only resources of this process, for instance `http-1`.' },
} as const satisfies Record<string, OptionDeclaration>

export const commands: readonly CommandDeclaration[] = [
  {
    name: 'up',
    summary: 'Starts everything: server, collector, store, SNMP bridge and console.',
    options: {
      ...configuration,
      demo: { description: 'Adds the sample application with light traffic, and SNMP v2c with community public on loopback.' },
    },
    examples: ['spyglass up --config spyglass.yaml'],
  },
  {
    name: 'server',
    summary: 'Starts only the server: instances, management and the SNMP bridge. Telemetry goes to agent.endpoint.',
    options: configuration,
    examples: ['spyglass server --config spyglass.yaml'],
  },
  {
    name: 'collector',
    summary: 'Starts only the collector and the console.',
    options: configuration,
    examples: ['spyglass collector --data /var/lib/spyglass'],
  },
  {
    name: 'store',
    summary: 'Starts only the embedded ClickHouse.',
    options: configuration,
    examples: ['spyglass store --data /var/lib/spyglass'],
  },
  {
    name: 'snmp-bridge',
    summary: 'Starts only the SNMP bridge.',
    options: configuration,
    examples: ['spyglass snmp-bridge --config spyglass.yaml'],
  },
  {
    name: 'status',
    summary: 'Shows the processes, instances and applications of a running server.',
    options: server,
    isForServer: true,
    examples: ['spyglass status', 'spyglass status --json'],
  },
  {
    name: 'list',
    arguments: '[PATTERN…]',
    summary: 'Lists resources by dotted name; `*` matches any characters. A dot inside a name is written `\\.`.',
    options: { ...server, ...target },
    isForServer: true,
    completes: 'names',
    examples: ["spyglass list 'datasource.*'"],
  },
  {
    name: 'get',
    arguments: 'NAME…',
    summary: 'Prints attributes as name=value; a resource stands for all its attributes, `*` matches any characters.',
    options: { ...server, ...target },
    isForServer: true,
    completes: 'names',
    examples: ["spyglass get 'instance.*.state' datasource.http-1.shop.activeConnections", "spyglass get --target http-1 'v8Heap.*'"],
  },
  {
    name: 'reload',
    arguments: '[INSTANCE]',
    summary: 'Replaces an instance, or all instances, with a new generation without losing a request.',
    options: server,
    isForServer: true,
    examples: ['spyglass reload http-1'],
  },
  {
    name: 'shell',
    arguments: '[FILE]',
    summary:
      'Runs several commands over one connection: from the keyboard, with history and completion, or from FILE (`-` is standard input), one command a line, up to the first that fails.',
    options: {
      data: server.data,
      config: server.config,
      'keep-going': { description: 'With FILE: goes on after a command that failed. The exit code is that of the first failure.' },
    },
    examples: ['spyglass shell', 'spyglass shell maintenance.spy'],
  },
  {
    name: 'completion',
    arguments: 'SHELL',
    summary: 'Prints the completion script for bash or zsh.',
    options: {},
    completes: 'shells',
    examples: ['source <(spyglass completion bash)', 'spyglass completion zsh > "${fpath[1]}/_spyglass"'],
  },
  {
    name: 'complete',
    arguments: '[PREFIX]',
    summary: 'Prints the names that begin with PREFIX; for the completion scripts.',
    options: { data: server.data },
    isInternal: true,
    examples: ['spyglass complete instance.'],
  },
  {
    name: 'mib',
    summary: 'Prints SPYGLASS-MIB.',
    options: { ...configuration, root: { value: 'OID', description: 'Root OID of the module. Default: snmp.root of the configuration.' } },
    examples: ['spyglass mib --root 1.3.6.1.4.1.8072.9999.9999 > SPYGLASS-MIB'],
  },
  {
    name: 'dashboards build',
    summary: 'Writes the Grafana provisioning files: dashboards, data source and alert rules.',
    options: {
      ...configuration,
      out: { value: 'DIR', description: 'Folder to write to. Default: grafana in the data folder.', completes: 'folder' },
    },
    examples: ['spyglass dashboards build --out /etc/grafana/provisioning'],
  },
]
