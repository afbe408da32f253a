import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['--conditions=spyglass-source', join(ROOT, 'dashboards/src/rules-main.ts'), ...args], { encoding: 'utf8' })

test('rules are listed, explained and checked; a mistake is exit code 1', () => {
  expect(run('list')).toMatchObject({ status: 0, stdout: expect.stringContaining('PoolExhausted') as string })
  expect(run('explain', 'HeapNearLimit')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('spyglass_v8_heap_used_bytes') as string,
  })
  const folder = tempFolder()
  expect(run('lint', '--rules', folder)).toMatchObject({ status: 0, stdout: '0 of 0 own rules are good\n' })
  writeFileSync(join(folder, 'a.yaml'), 'name: x')
  expect(run('lint', '--rules', folder)).toMatchObject({ status: 1, stdout: expect.stringContaining('a.yaml: severity') as string })
  expect(run('explain')).toMatchObject({ status: 1, stderr: expect.stringContaining('SPY_DASHBOARDS_ARGUMENTS') as string })
})
