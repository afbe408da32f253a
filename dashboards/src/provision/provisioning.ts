/** Grafana's provisioning files and the rules for Prometheus. Each kind of file has its own rule for `$`; the templates say which. */
import type { Rule } from '../rules/index.ts'
import { createTemplates } from '../template/templates.ts'
import { type AlertRuleOptions, alertRules, prometheusRules } from './alert-rules.ts'
import { DATASOURCE_UID } from './plugin.ts'

export interface ProvisioningOptions {
  /** ClickHouse HTTP interface: `http://127.0.0.1:8123`. */
  readonly url: string
  /** Over https: certificates in PEM that are trusted. Default: the usual authorities. */
  readonly authorities?: string | undefined
  readonly user: string
  readonly password: string
  readonly database: string
  /** Who pages; the rules of the others are shipped paused. */
  readonly owner: 'spyglass' | 'grafana' | 'prometheus'
  readonly instanceDownAfterMs: number
  readonly exhaustedAfterMs: number
  /** Rules beside the shipped ones. */
  readonly rules?: readonly Rule[]
}

export interface ProvisionedFile {
  /** Relative to the output folder. */
  readonly path: string
  readonly text: string
  /** The file holds a password. */
  readonly secret?: boolean
}

/** @param dashboardsPath absolute path of the folder with the boards */
export function renderProvisioning(options: ProvisioningOptions, dashboardsPath: string): ProvisionedFile[] {
  const templates = createTemplates([])
  const rules = alertRules(options)
  const render = (file: string, values: object): string => `${templates.render(`provisioning/${file}.hbs`, values)}\n`
  return [
    {
      path: 'datasources/spyglass.yaml',
      text: render('datasources.yaml', { ...addressOf(options.url), ...options, uid: DATASOURCE_UID }),
      secret: true,
    },
    { path: 'dashboards/spyglass.yaml', text: render('dashboards.yaml', { dashboardsPath }) },
    {
      path: 'alerting/spyglass.yaml',
      text: render('alerting.yaml', { rules, uid: DATASOURCE_UID, grafanaPaused: options.owner !== 'grafana' }),
    },
    // Prometheus cannot pause a rule; it does not load a file whose name does not match its rule_files pattern.
    {
      path: `prometheus/spyglass-rules.yaml${options.owner === 'prometheus' ? '' : '.paused'}`,
      text: renderPrometheusRules(options),
    },
  ]
}

/** The file of rules that Prometheus loads; with one of them alone, or all. */
export function renderPrometheusRules(options: AlertRuleOptions, only?: string): string {
  const rules = prometheusRules(options).filter(({ name }) => only === undefined || name === only)
  return `${createTemplates([]).render('provisioning/prometheus-rules.yaml.hbs', { rules })}\n`
}

function addressOf(url: string): { host: string; port: number; path: string; secure: boolean } {
  const { hostname, port, pathname, protocol } = new URL(url)
  const secure = protocol === 'https:'
  return { host: hostname, port: port ? Number(port) : secure ? 443 : 80, path: pathname === '/' ? '' : pathname, secure }
}
