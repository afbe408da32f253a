import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireTool } from '../support/require-tool.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const examples = join(ROOT, 'examples/systemd')

/** With a program that is there in place of ours. */
function verify(systemdAnalyze: string, text: string): { readonly status: number | null; readonly stderr: string } {
  const folder = tempFolder()
  const unit = join(folder, 'spyglass.service')
  writeFileSync(unit, text.replace('/usr/local/bin/spyglass', process.execPath))
  mkdirSync(`${unit}.d`)
  cpSync(join(examples, 'user-for-each-application.conf'), join(`${unit}.d`, 'user.conf'))
  const { status, stderr } = spawnSync(systemdAnalyze, ['verify', '--man=no', unit], { encoding: 'utf8' })
  return { status, stderr }
}

test('systemd accepts the unit, and the addition for a user of each application, without a remark', (context) => {
  const systemdAnalyze = requireTool(context, 'systemd-analyze')
  const text = readFileSync(join(examples, 'spyglass.service'), 'utf8')
  expect(verify(systemdAnalyze, text)).toEqual({ status: 0, stderr: '' })
  expect(verify(systemdAnalyze, text.replace('KillMode', 'KillMood')).stderr).toContain('KillMood')
})
