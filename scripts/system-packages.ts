/** Programs outside npm that tests with real peers need: the one list of them, for `npm test`, for requireTool and for CI. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface SystemTool {
  /** The program that tests start. */
  readonly program: string
  /** The Debian package that brings it. */
  readonly package: string
  readonly why: string
}

export const systemTools = [
  { program: 'snmpwalk', package: 'snmp', why: 'a real SNMP manager queries the bridge' },
  { program: 'snmpd', package: 'snmpd', why: 'compare the bridge with the net-snmp agent' },
  { program: 'snmptrapd', package: 'snmptrapd', why: 'traps and informs reach a real receiver' },
  { program: 'smilint', package: 'smitools', why: 'the MIB text is judged' },
  { program: 'prometheus-snmp-generator', package: 'prometheus-snmp-exporter', why: 'the MIB becomes a Prometheus configuration' },
  { program: 'snmpttconvertmib', package: 'snmptt', why: 'the notifications of the MIB become a trap handler' },
  { program: 'prometheus-alertmanager', package: 'prometheus-alertmanager', why: 'pages reach a real Alertmanager' },
  { program: 'promtool', package: 'prometheus', why: 'metrics and alert rules for Prometheus are judged, the rules also played through' },
  { program: 'prometheus', package: 'prometheus', why: 'it scrapes the metrics in the format that it prefers' },
  { program: 'chromium', package: 'chromium', why: 'the console is used in a browser' },
  { program: 'initdb', package: 'postgresql', why: 'statements of pg are recorded against a real server' },
  { program: 'mariadbd', package: 'mariadb-server', why: 'statements of mysql2 are recorded against a real server' },
  { program: 'mariadb-install-db', package: 'mariadb-server', why: 'that server gets a data folder' },
  { program: 'mariadb', package: 'mariadb-client', why: 'that server gets an account' },
  { program: 'slapd', package: 'slapd', why: 'people sign in with passwords of a real directory' },
  { program: 'redis-server', package: 'redis-server', why: 'commands of Redis clients are recorded against a real server' },
  { program: 'rabbitmq-server', package: 'rabbitmq-server', why: 'messages of amqplib are recorded against a real server' },
  { program: 'kcat', package: 'kcat', why: 'messages of KafkaJS are recorded against the broker that librdkafka has for tests' },
  { program: 'curl', package: 'curl', why: 'HTTP interfaces answer the usual client' },
  { program: 'openssl', package: 'openssl', why: 'certificates of TLS listeners are made for the tests' },
  { program: 'zsh', package: 'zsh', why: 'its completion script is loaded' },
  { program: 'systemd-analyze', package: 'systemd', why: 'the unit files of the examples are judged' },
  { program: 'wrk', package: 'wrk', why: 'reloads and crashes happen under load' },
] as const satisfies readonly SystemTool[]

export type ToolName = (typeof systemTools)[number]['program']

/** The path of a program, also where Debian keeps it out of PATH; undefined when it is not installed. */
export function findTool(program: ToolName): string | undefined {
  return folders()
    .map((folder) => join(folder, program))
    .find(isExecutable)
}

/** The tools that are not installed. */
export function missingTools(): SystemTool[] {
  return systemTools.filter(({ program }) => findTool(program) === undefined)
}

/** Installs a program that is missing, if it may. @throws that names the package otherwise */
export function provideTool(program: ToolName): void {
  const missing = missingTools().filter((tool) => tool.program === program)
  if (missing.length === 0 || (canInstallPackages() && installPackages(missing))) return
  throw new TypeError(`${program} is missing: install the package ${missing[0]?.package}`)
}

/** Whether packages can be installed without asking anyone: as root, on Debian or a child of it, and not switched off. */
export function canInstallPackages(): boolean {
  if (process.env['SPYGLASS_NO_APT'] === '1' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
}

/** Installs the packages of these tools; the output is the caller's. Says whether it went well. */
export function installPackages(tools: readonly SystemTool[]): boolean {
  const packages = [...new Set(tools.map((tool) => tool.package))]
  return withoutStartingServices(() => apt(['update', '-qq']) && apt(['install', '-y', '-qq', '--no-install-recommends', ...packages]))
}

const LOCK_TIMEOUT_SECONDS = 600
/** Keeps changed configuration files, so that dpkg asks nothing. */
const APT_OPTIONS = [
  '-o',
  `DPkg::Lock::Timeout=${LOCK_TIMEOUT_SECONDS}`,
  '-o',
  'Acquire::Retries=3',
  '-o',
  'Dpkg::Options::=--force-confold',
]
const RETRY_MS = 3000

/** Waits for another apt: its option covers dpkg's locks, and the lock of the package lists is retried. */
function apt(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    const { status, stderr } = spawnSync('apt-get', [...APT_OPTIONS, ...args], { stdio: ['ignore', 'inherit', 'pipe'], env })
    const isLocked = /Could not get lock/.test(String(stderr))
    if (status === 0 || !isLocked || waitedMs >= LOCK_TIMEOUT_SECONDS * 1000) {
      process.stderr.write(stderr)
      return status === 0
    }
    if (waitedMs === 0) process.stderr.write('waiting for another apt-get to finish\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
  }
}

/** Debian starts a service when it is installed unless this file says no. Tests start their own, on their own ports. */
const POLICY = '/usr/sbin/policy-rc.d'

function withoutStartingServices(install: () => boolean): boolean {
  const ours = !existsSync(POLICY)
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return install()
  } finally {
    if (ours) rmSync(POLICY, { force: true })
  }
}

function folders(): string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return [...path, '/usr/sbin', '/sbin', '/usr/local/sbin', ...postgresFolders()]
}

/** Debian keeps each version's server programs in a folder of their own; the newest first. */
function postgresFolders(): string[] {
  const base = '/usr/lib/postgresql'
  if (!existsSync(base)) return []
  return readdirSync(base)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(base, version, 'bin'))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
