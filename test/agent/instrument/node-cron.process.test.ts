import { expect, test } from 'vitest'
import { nodeCron } from '../../../agent/src/instrument/node-cron.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'

/** Jobs of the first of January, run by hand. */
const PROGRAM = `import * as cron from 'node-cron'
const schedule = cron.schedule ?? (cron as any).default.schedule
class Lost extends Error {}
Lost.prototype.name = 'Lost'
async function main(): Promise<void> {
  const tasks: any[] = [
    schedule('0 0 1 1 *', async function sendReports() {}, { name: 'reports' }),
    schedule('0 0 1 1 *', async function cleanUp() {
      throw new Lost('lost')
    }),
    schedule('1 0 1 1 *', () => {}),
  ]
  for (const task of tasks) await Promise.resolve(task.execute?.() ?? task.now()).catch(() => {})
  for (const task of tasks) task.stop()
}
`

test('runs of jobs are roots, named by the job, its function or its expression, in each form and version', async () => {
  const runs = [...formsOf(nodeCron).map((form) => ({ form })), { form: 'esm' as const, aliases: { 'node-cron': 'node-cron-3' } }]
  for (const run of runs) {
    const { traces } = await recorded(PROGRAM, run)
    expect([run, ...traces.map(({ root }) => [root.name, root.attributes['spyglass.job.name'], root.attributes['error.type']])]).toEqual([
      run,
      ['run reports', 'reports', undefined],
      ['run cleanUp', 'cleanUp', 'Lost'],
      ['run 1 0 1 1 *', '1 0 1 1 *', undefined],
    ])
  }
})
