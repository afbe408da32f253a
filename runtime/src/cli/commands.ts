/** The commands, declared once: `--help`, completion and docs/reference/cli.md are made from this table. */

import type { CommandDeclaration, OptionDeclaration } from './command-declaration.ts'
import { completionCommands } from './completion-commands.ts'
import { ruleCommands } from './rule-commands.ts'
import { secretCommands } from './secret-commands.ts'
import { sqlCommand } from './sql-command.ts'
import { telemetryCommands } from './telemetry-commands.ts'

export type { CommandDeclaration, OptionDeclaration } from './command-declaration.ts'

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
    completes: 'entries',
    examples: ['spyglass create applications.shop folder=/srv/shop contextPath=/shop'],
  },
  {
    name: 'delete',
    arguments: 'NAME',
    summary: 'Removes an entry; takes a setting back to what the file says, or to its default.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'configured',
    examples: ['spyglass delete applications.shop', 'spyglass delete agent.slowStatementMs'],
  },
  {
    name: 'invoke',
    arguments: 'NAME.OPERATION [ARGUMENT=VALUE…]',
    handsOnOptions: true,
    summary: 'Carries out an operation of a resource; `spyglass list` shows operations, too.',
    options: change,
    isForServer: true,
    completes: 'operations',
    examples: ['spyglass invoke instance.http-1.reload', 'spyglass invoke instance.http-1 profile --seconds 10'],
  },
  sqlCommand({ ...server, ...target }),
  {
    name: 'history',
    arguments: '[PATTERN]',
    summary: 'Shows who changed what, when and why, oldest first.',
    options: { ...server, limit: { value: 'N', description: 'Only the last N. Default: 50.' } },
    isForServer: true,
    completes: 'configured',
    examples: ['spyglass history', "spyglass history 'applications.*' --limit 10"],
  },
  {
    name: 'undo',
    arguments: '[CHANGE]',
    summary:
      'Takes a change back, by its number in the history, and says which. Without a number: the last change in force, by any user. A deployment is a change, too: its undo puts the version before it into service again, as `rollback` does.',
    options: change,
    isForServer: true,
    examples: ['spyglass undo 12', 'spyglass undo --dry-run'],
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
    arguments: '[NAME]',
    summary:
      'Replaces the instances of an application, one instance, or all, with a new generation without losing a request. Applications that share instances are reloaded together.',
    options: server,
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass reload shop', 'spyglass reload shop-2'],
  },
  {
    name: 'deploy',
    arguments: 'SOURCE',
    summary:
      'Keeps a folder or archive (.tgz, .tar.gz, .tar, .zip) as a new version of an application and puts it into service without losing a request. If it does not become ready, everything stays as it was.',
    options: {
      ...server,
      reason: change.reason,
      name: {
        value: 'NAME',
        description: 'Name of the application. Default: that of SOURCE without version and ending. The same name again is a new version.',
      },
      entry: {
        value: 'FILE',
        description:
          'Program of the application, relative to SOURCE. Default: what `spyglass.app.yaml`, package.json or the names of files say.',
      },
      path: { value: 'PATH', description: 'Path under which it is deployed. Default for a new one: `/NAME`.' },
      host: { value: 'HOST', description: 'Virtual host that it is deployed to; an unknown one is created. Default: `server`.' },
      listener: {
        value: 'NAME|PORT',
        description:
          'Listener that serves it, by its name or port; where no listener has that port, `http-PORT` is created. Default for a new one: `http`.',
      },
      replicas: { value: 'N', description: 'Number of instances that run it.' },
      import: { value: 'MODULE', description: 'Module loaded before it, for instance `tsx`. It may be given several times.', isList: true },
      worker: { description: 'It has no port: a consumer of queues, a scheduler.' },
      static: { description: 'Its files are served instead of a program.' },
      install: { description: 'Its packages are installed by its package-lock.json (`npm ci`), without their install scripts.' },
      isolation: {
        value: 'LEVEL',
        description: 'How far it is kept apart: `shared`, `own`, `permission` or `user`. Default for a new one: `own`.',
      },
    },
    isForServer: true,
    examples: ['spyglass deploy shop-1.4.0.tgz --path /shop', 'spyglass deploy ./build --name shop --reason "fix of the basket"'],
  },
  {
    name: 'undeploy',
    arguments: 'NAME',
    summary: 'Takes an application out of service and out of the configuration. Its versions are kept.',
    options: { ...server, reason: change.reason },
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass undeploy shop'],
  },
  {
    name: 'versions',
    arguments: 'NAME',
    summary: 'Lists the versions of an application that are kept, oldest first; `*` marks the present one.',
    options: server,
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass versions shop'],
  },
  {
    name: 'rollback',
    arguments: 'NAME [VERSION]',
    summary: 'Puts an earlier version into service again. Without VERSION: the one before the present one.',
    options: { ...server, reason: change.reason },
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass rollback shop', 'spyglass rollback shop 3'],
  },
  {
    name: 'scale',
    arguments: 'NAME N',
    summary:
      'Sets the number of instances that run an application. For applications that share instances, set `instances` of their listener.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass scale shop 4 --for 2h --reason sale'],
  },
  {
    name: 'enable',
    arguments: 'NAME',
    summary: 'Starts an application that was disabled; it also starts with the server again.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass enable shop'],
  },
  {
    name: 'disable',
    arguments: 'NAME',
    summary: 'Stops an application; it keeps its place in the configuration and stays stopped after a restart of the server.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass disable shop --for 1h --reason maintenance'],
  },
  {
    name: 'start',
    arguments: 'NAME',
    summary: 'The same as `enable`.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass start shop'],
  },
  {
    name: 'stop',
    arguments: 'NAME',
    summary: 'The same as `disable`.',
    options: { ...change, ...temporary },
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass stop shop'],
  },
  {
    name: 'restart',
    arguments: 'NAME',
    summary: 'The same as `reload`: a new generation takes over without losing a request.',
    options: server,
    isForServer: true,
    completes: 'applications',
    examples: ['spyglass restart shop'],
  },
  {
    name: 'logs',
    arguments: '[NAME]',
    summary: 'Prints the last lines of the server log, also of what it was rotated to: all, or those of an application or process.',
    options: {
      data: server.data,
      config: server.config,
      follow: { description: 'Goes on with new lines until Ctrl-C.', short: 'f' },
      lines: { value: 'N', description: 'Number of lines. Default: 50; with --since all.', short: 'n' },
      since: {
        value: 'TIME',
        description: 'Only lines from then on: `30m`, `8h`, `7d` ago, or a date such as `2026-11-26` or `2026-11-26T14:05`.',
      },
    },
    completes: 'applications',
    examples: ['spyglass logs shop --follow', 'spyglass logs shop --since 2h'],
  },
  ...telemetryCommands,
  {
    name: 'user create',
    arguments: 'NAME',
    summary: 'Adds a user and prints the password.',
    options: {
      ...server,
      reason: change.reason,
      role: { value: 'ROLE', description: '`viewer` (default), `operator` or `administrator`.' },
    },
    isForServer: true,
    examples: ['spyglass user create anna --role operator'],
  },
  {
    name: 'user password',
    arguments: 'NAME',
    summary: 'Gives a user a new password and prints it.',
    options: { ...server, reason: change.reason },
    isForServer: true,
    examples: ['spyglass user password anna'],
  },
  {
    name: 'user delete',
    arguments: 'NAME',
    summary: 'Removes a user.',
    options: { ...server, reason: change.reason },
    isForServer: true,
    examples: ['spyglass user delete anna'],
  },
  {
    name: 'user list',
    summary: 'Lists the users. The credentials of secrets.yaml are not among them.',
    options: server,
    isForServer: true,
    examples: ['spyglass user list'],
  },
  {
    name: 'token create',
    arguments: '[NAME]',
    summary: 'Makes a token and prints it; it is shown only now. NAME says what it is for.',
    options: {
      ...server,
      reason: change.reason,
      role: { value: 'ROLE', description: '`viewer` (default), `operator` or `administrator`.' },
      for: { value: 'TIME', description: 'How long it is valid: `90s`, `30m`, `8h` or `30d`. Default: until it is revoked.' },
    },
    isForServer: true,
    examples: ['spyglass token create grafana --role viewer --for 30d'],
  },
  {
    name: 'token revoke',
    arguments: 'ID',
    summary: 'Ends a token; every port refuses it within half a second.',
    options: { ...server, reason: change.reason },
    isForServer: true,
    examples: ['spyglass token revoke hB3kQ9xTzA'],
  },
  {
    name: 'token list',
    summary: 'Lists the tokens, without their secrets.',
    options: server,
    isForServer: true,
    examples: ['spyglass token list'],
  },
  ...secretCommands,
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
  ...completionCommands,
  {
    name: 'mib',
    summary: 'Prints SPYGLASS-MIB.',
    options: { ...configuration, root: { value: 'OID', description: 'Root OID of the module. Default: snmp.root of the configuration.' } },
    examples: ['spyglass mib --root 1.3.6.1.4.1.8072.9999.9999 > SPYGLASS-MIB'],
  },
  ...ruleCommands(configuration),
]
