/** Writes the Grafana provisioning by the dashboards package's own command. */
import { certificateFiles, type Checked, type DataFolder, ownPort, ownUrl } from '@spyglass/process/checked-config'
import { entryOf } from './part-scripts.ts'
import { runScript } from './run-script.ts'

export interface DashboardsOptions {
  /** Default: grafana in the data folder. */
  readonly out?: string
  /** Whether the written files are not listed. */
  readonly quiet?: boolean
}

/**
 * Resolves with the exit code when it is written. The password is passed in the environment: everyone can see arguments.
 */
export async function buildDashboards({ config, secrets }: Checked, folder: DataFolder, options: DashboardsOptions = {}): Promise<number> {
  const { user, password } = secrets.clickhouse.reader
  const { alerting } = config
  const store = ownPort(config, 'store')
  const authorities = certificateFiles(store).flatMap((file) => ['--ca', file])
  const rules = ['--owner', alerting.owner, '--instance-down-after-ms', String(alerting.instanceDownAfterMs)]
  const args = [
    '--out',
    options.out ?? folder.grafana,
    '--url',
    ownUrl(store),
    '--user',
    user,
    ...authorities,
    ...rules,
    ...ownRules(alerting.rules),
  ]
  return runScript(entryOf('@spyglass/dashboards', 'dashboards-main'), args, {
    env: { SPYGLASS_READER_PASSWORD: password },
    quiet: options.quiet ?? false,
  })
}

const ownRules = (folder: string | undefined): readonly string[] => (folder === undefined ? [] : ['--rules', folder])

/** Plays recorded incidents through every engine by the collector's own command. Resolves with the exit code. */
export async function testRules(args: readonly string[], { alerting }: Pick<Checked['config'], 'alerting'>): Promise<number> {
  const own = [...ownRules(alerting.rules), '--instance-down-after-ms', String(alerting.instanceDownAfterMs)]
  return runScript(entryOf('@spyglass/collector', 'rules-test-main'), [...args, ...own])
}

/** Lists, checks or explains alert rules by the dashboards package's own command. Resolves with the exit code. */
export async function tellRules(args: readonly string[], { alerting }: Pick<Checked['config'], 'alerting'>): Promise<number> {
  return runScript(entryOf('@spyglass/dashboards', 'rules-main'), [...args, ...ownRules(alerting.rules)])
}
