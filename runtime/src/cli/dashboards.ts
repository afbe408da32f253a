/** Writes the Grafana provisioning by the dashboards package's own command. */
import type { DataFolder, SpyglassConfig } from '@spyglass/agent/config'
import { readSecrets } from '@spyglass/agent/config'
import { entryOf } from './part-scripts.ts'
import { runScript } from './run-script.ts'

/** Settles when it is written. The password goes by the environment: arguments can be seen by everyone. */
export async function buildDashboards(config: SpyglassConfig, folder: DataFolder, out: string = folder.grafana): Promise<number> {
  const { user, password } = readSecrets(folder.secrets).clickhouse.reader
  const { store, alerting } = config
  const args = ['--out', out, '--url', `http://${store.host}:${store.port}`, '--user', user, '--owner', alerting.owner]
  return runScript(entryOf('@spyglass/dashboards', 'dashboards-main'), args, { SPYGLASS_READER_PASSWORD: password })
}
