/** SPYGLASS-MIB before its two judges: smilint, and the parser of Debian's snmp tools. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exportMibs, mibNotifications, mibTables, parseOid } from '@spyglass/snmp-bridge'
import { requireTool } from '../../support/require-tool.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { run } from '../support/tools.ts'

for (const root of ['1.3.6.1.4.1.8072.9999.9999', '1.3.6.1.4.1.32473', '1.3.6.1.3.99.1']) {
  test(`smilint at its strictest has nothing to say of the module rooted at ${root}`, async (context) => {
    requireTool(context, 'smilint')
    const folder = tempFolder('spyglass-mib-')
    const file = exportMibs(folder, parseOid(root))
    const settings = join(tempFolder('spyglass-smi-'), 'smi.conf')
    writeFileSync(settings, `path ${folder}\n`)
    expect(await run('smilint', ['-c', settings, '-l', '6', '-m', '-s', file])).toEqual({ code: 0, stdout: '', stderr: '' })
  })
}

test('snmptranslate resolves every column and notification with the exported modules alone', async (context) => {
  requireTool(context, 'snmpwalk')
  const folder = tempFolder('spyglass-mib-')
  exportMibs(folder, parseOid('1.3.6.1.4.1.32473.7'))
  const columns = mibTables().flatMap((table) =>
    table.columns.map((column) => [column.descriptor, `1.${table.number}.1.${column.number}`] as const),
  )
  const notifications = mibNotifications().map(({ descriptor, number }) => [descriptor, `0.${number}`] as const)
  const names = [...columns, ...notifications, ['sgBridge', '3.1'] as const]
  const { stdout, stderr } = await run('snmptranslate', [
    '-M',
    folder,
    '-m',
    'SPYGLASS-MIB',
    '-On',
    ...names.map(([name]) => `SPYGLASS-MIB::${name}`),
  ])
  expect(stderr).toBe('')
  expect(stdout.split('\n').filter((line) => line !== '')).toEqual(names.map(([, oid]) => `.1.3.6.1.4.1.32473.7.${oid}`))
})
