import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deliverSpools } from '../../../agent/src/spool/deliver-spools.ts'
import { isReportOf, reportPlace, saysHeapWasFull } from '../../../agent/src/spool/fatal-report.ts'
import { runProgram } from '../../support/agent-process.ts'
import { decodeLogs, plainValue } from '../../support/otlp-definitions.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('only a report of a full heap, written by the process that is meant, says that the heap was full', () => {
  const report = (trigger: string, at: number): string => `{"header":{"trigger":"${trigger}","dumpEventTimeStamp":"${at}"`
  expect(saysHeapWasFull(report('OOMError', 2000), 1000)).toBe(true)
  expect(saysHeapWasFull(report('OOMError', 1000), 1000)).toBe(true)
  expect(saysHeapWasFull(report('OOMError', 999), 1000)).toBe(false)
  expect(saysHeapWasFull(report('FatalError', 2000), 1000)).toBe(false)
  expect(saysHeapWasFull('', 0)).toBe(false)
})

test('a report is known by its pid, or by the name that was set', () => {
  const [named, set] = ['report.20261126.150305.4711.0.001.json', 'own.json']
  expect([named, set].map((file) => isReportOf(file, 4711, { folder: '/' }))).toEqual([true, false])
  expect([named, set].map((file) => isReportOf(file, 4711, { folder: '/', name: set }))).toEqual([false, true])
  expect(reportPlace()).toBeUndefined()
})

/** Nothing runs while it fills the heap: the last state in the spool is of before. */
const FILLS = `console.log('a line'); await new Promise((resolve) => setTimeout(resolve, 100))
  const kept = []; for (;;) kept.push(Array.from({ length: 10 }, () => kept.length))`

async function endLog(flags: (reports: string) => readonly string[]) {
  const root = tempFolder()
  const [folder, reports] = [join(root, 'spool'), join(root, 'reports')]
  for (const path of [folder, reports]) mkdirSync(path, { mode: 0o700 })
  const env = { SPYGLASS_SPOOL_FOLDER: folder, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  await runProgram(FILLS, { env, execArgv: ['--max-old-space-size=40', ...flags(reports)] })
  const bodies: unknown[] = []
  await deliverSpools({
    folder,
    accepts: () => true,
    async deliver({ requests }) {
      for (const { body } of requests.filter(({ signal }) => signal === 'logs'))
        for (const { scopeLogs } of decodeLogs(body).resourceLogs)
          bodies.push(...scopeLogs.flatMap(({ logRecords }) => logRecords.map((record) => plainValue(record.body))))
      return true
    },
  })
  return { reports: readdirSync(reports), bodies, hasSpool: existsSync(folder) && readdirSync(folder).length > 0 }
}

test.each([
  ['with a name of its own', (reports: string) => [`--report-directory=${reports}`]],
  ['under the name that was set', (reports: string) => [`--report-directory=${reports}`, '--report-filename=full.json']],
])('a heap that a single loop filled is named by the report that Node was asked for, %s, which stays', async (_how, flags) => {
  const { reports, bodies, hasSpool } = await endLog((folder) => ['--report-on-fatalerror', '--report-exclude-env', ...flags(folder)])
  expect(bodies).toEqual(['a line', expect.stringMatching(/^the process ran out of memory: /)])
  expect([reports.length, hasSpool]).toEqual([1, false])
})
