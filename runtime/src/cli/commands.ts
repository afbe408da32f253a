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

const change = {
  ...server,
  'dry-run': { description: 'Checks the change and shows what it would do, without doing it.' },
  reason: { value: 'TEXT', description: 'Why; it is kept in the history.' },
} as const satisfies Record<string, OptionDeclaration>

const temporary = {
  for: {
    value: 'TIME',
    description: 'Takes the change back after that time: `90s`, `30m`, `8h` or `7d`; also after a crash or a restart.',
  },
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
    summary:
      'Lists by dotted name what there is: live resources, configured entries, settings and operations. `*` matches any characters; a dot inside a name is written `\\.`.',
    options: { ...server, ...target, long: { description: 'Shows what each is.' } },
    isForServer: true,
    completes: 'names',
    examples: ["spyglass list 'datasource.*'"],
  },
  {
    name: 'get',
    arguments: 'NAME…',
    summary: 'Prints attributes and settings as name=value; a resource or an entry stands for all of its own, `*` matches any characters.',
    options: { ...server, ...target },
    isForServer: true,
    completes: 'names',
    examples: ["spyglass get 'instance.*.state' datasource.http-1.shop.activeConnections", "spyglass get --target http-1 'v8Heap.*'"],
  },
  {
    name: 'set',
    arguments: 'NAME=VALUE…',
    summary:
      'Changes settings, all or none of them. A value is written as in spyglass.yaml; lists as `a,b` or JSON. What is changed wins over the file until it is deleted or undone.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'settings',
    examples: ['spyglass set agent.slowStatementMs=50 --for 30m --reason "slow checkout"', 'spyglass set datasources.shop.max=8 --dry-run'],
  },
  {
    name: 'create',
    arguments: 'NAME [SETTING=VALUE…]',
    summary: 'Adds an entry to a list of the configuration, for instance an application or a datasource.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'settings',
    examples: ['spyglass create applications.shop folder=/srv/shop contextPath=/shop'],
  },
  {
    name: 'delete',
    arguments: 'NAME',
    summary: 'Removes an entry; takes a setting back to what the file says, or to its default.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'settings',
    examples: ['spyglass delete applications.shop', 'spyglass delete agent.slowStatementMs'],
  },
  {
    name: 'invoke',
    arguments: 'NAME.OPERATION [ARGUMENT=VALUE…]',
    summary: 'Carries out an operation of a resource; `spyglass list` shows operations, too.',
    options: change,
    isForServer: true,
    completes: 'operations',
    examples: ['spyglass invoke instance.http-1.reload'],
  },
  {
    name: 'history',
    arguments: '[PATTERN]',
    summary: 'Shows who changed what, when and why, oldest first.',
    options: { ...server, limit: { value: 'N', description: 'Only the last N. Default: 50.' } },
    isForServer: true,
    completes: 'settings',
    examples: ['spyglass history', "spyglass history 'applications.*' --limit 10"],
  },
  {
    name: 'undo',
    arguments: '[CHANGE]',
    summary: 'Takes a change back, by its number in the history. Without a number: the last change in force.',
    options: change,
    isForServer: true,
    examples: ['spyglass undo 12'],
  },
  {
    name: 'diff',
    summary: 'Shows settings whose value differs: changed by commands, changed in the file since the start, or not in force yet.',
    options: { ...server, check: { description: 'Ends with exit code 7 when there is a difference.' } },
    isForServer: true,
    examples: ['spyglass diff --check'],
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
