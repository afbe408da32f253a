/** What `spyglass up` prints when it is ready: where everything is, in lines that can be pasted. */
import { consoleUrl, type DataFolder, ownPort, ownUrl, type Secrets, type SpyglassConfig } from '@spyglass/process/checked-config'
import type { Role } from './ports.ts'

export interface BannerInput {
  readonly config: SpyglassConfig
  readonly folder: DataFolder
  readonly secrets: Secrets
  /** What runs here: on the `edge` neither console nor store does. */
  readonly role: Role
  /** Whether a person reads it: only then the console's password is shown. */
  readonly interactive: boolean
}

export function bannerText(input: BannerInput): string {
  const { config, folder, secrets, role } = input
  const management = ownUrl(ownPort(config, 'management'))
  const rows: (readonly [string, string])[] = [
    ...config.applications.map(
      (application) => ['application', applicationUrl(config, application.listener, application.contextPath)] as const,
    ),
    ...(role === 'all' ? collectorRows(input) : [['telemetry', `to ${config.agent.endpoint ?? 'a collector on this machine'}`] as const]),
    ['SNMP', snmpLine(config, folder, secrets)],
    ['Jolokia', `${management}/jolokia/read/java.lang:type=Memory`],
    ['Prometheus', `${management}/metrics`],
    ['data', folder.root],
    ['stop', 'Ctrl-C'],
  ]
  return ['', 'Spyglass is ready.', '', ...rows.map(([what, where]) => `  ${what.padEnd(12)}${where}`), ''].join('\n')
}

/** What is here only with collector and store. */
function collectorRows({ config, folder, secrets, interactive }: BannerInput): readonly (readonly [string, string])[] {
  const password = interactive ? `password ${secrets.console.password}` : `password: console.password in ${folder.secrets}`
  const reader = `user ${secrets.clickhouse.reader.user}, password: clickhouse.reader.password in ${folder.secrets}`
  return [
    ['console', `${consoleUrl(config)}/   user ${secrets.console.user}, ${password}`],
    ['ClickHouse', `${ownUrl(ownPort(config, 'store'))}/   ${reader}`],
    ['Grafana', `provisioning in ${folder.grafana}`],
  ]
}

function applicationUrl({ listeners }: SpyglassConfig, listenerName: string, contextPath: string): string {
  const listener = listeners.find(({ name }) => name === listenerName)
  return `${listener ? ownUrl({ tls: listener.tls, addresses: [listener] }) : ''}${contextPath === '/' ? '/' : `${contextPath}/`}`
}

function snmpLine({ snmp }: SpyglassConfig, folder: DataFolder, secrets: Secrets): string {
  if (!snmp.enabled) return 'off (snmp.enabled)'
  const target = `-M ${shellWord(folder.mibs)} -m SPYGLASS-MIB ${snmp.host}:${snmp.port} SPYGLASS-MIB::spyglassMIB`
  if (snmp.community !== undefined) return `snmpwalk -v2c -c ${shellWord(snmp.community)} ${target}`
  return `snmpwalk -v3 -l authPriv -u ${secrets.snmp.user} -a SHA-256 -A AUTH -x AES -X PRIV ${target}   (AUTH and PRIV: snmp in ${folder.secrets})`
}

/** A word as a POSIX shell reads it back. */
function shellWord(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
