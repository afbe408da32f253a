/** All generated documents: path below docs/reference to text. */
import { apiPage, openApiJson } from './api.ts'
import { cliPage } from './cli.ts'
import { clickhouseCompatibilityPage } from './clickhouse-compatibility.ts'
import { configurationPage } from './configuration.ts'
import { dashboardsPage } from './dashboards.ts'
import { environmentPage } from './environment.ts'
import { errorsPage } from './errors.ts'
import { eventsPage } from './events.ts'
import { instrumentationsPage } from './instrumentations.ts'
import { managedResourcesPage } from './managed-resources.ts'
import { pageFormatDocument } from './page-format.ts'
import { tablesPage } from './tables.ts'
import { telemetryPage } from './telemetry.ts'

export async function renderDocuments(): Promise<Readonly<Record<string, string>>> {
  return {
    'api.md': apiPage(),
    'openapi.json': openApiJson(),
    'cli.md': cliPage(),
    'clickhouse-compatibility.md': clickhouseCompatibilityPage(),
    'configuration.md': configurationPage(),
    'dashboards.md': dashboardsPage(),
    'environment.md': environmentPage(),
    'errors.md': await errorsPage(),
    'events.md': eventsPage(),
    'instrumentations.md': instrumentationsPage(),
    'managed-resources.md': managedResourcesPage(),
    'pages.md': pageFormatDocument(),
    'tables.md': tablesPage(),
    'telemetry.md': telemetryPage(),
  }
}
