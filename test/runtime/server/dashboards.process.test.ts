import { readdirSync } from 'node:fs'
import { dataFolder } from '@spyglass/process/checked-config'
import { expect, test } from 'vitest'
import { checkConfig } from '../../../runtime/src/server/check.ts'
import { buildDashboards } from '../../../runtime/src/server/dashboards.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test("the files of Grafana are written by the dashboards' own command", async () => {
  const data = tempFolder()
  const folder = dataFolder(data)
  expect(await buildDashboards(await checkConfig({ data }), folder, { quiet: true })).toBe(0)
  expect(readdirSync(folder.grafana)).toEqual(expect.arrayContaining(['alerting', 'boards']))
})

test('its exit code is passed on', async () => {
  const data = tempFolder()
  expect(await buildDashboards(await checkConfig({ data }), dataFolder(data), { quiet: true, out: '/dev/null/grafana' })).toBeGreaterThan(0)
})
