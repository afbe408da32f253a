import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { tempFolder } from '../support/temp-folder.ts'

const MAIN = fileURLToPath(new URL('../../dashboards/src/dashboards-main.ts', import.meta.url))

function run(args: string[], environment: Record<string, string> = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const argv = ['--conditions=spyglass-source', MAIN, ...args]
    const child = execFile(process.execPath, argv, { env: { ...process.env, ...environment } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

test('it writes the files and names each; the password may come by the environment', async () => {
  const out = tempFolder()
  const { code, stdout } = await run(['--out', out, '--user', 'u'], { SPYGLASS_READER_PASSWORD: 'secret-password' })
  expect(code).toBe(0)
  const files = stdout.trim().split('\n')
  expect(files).toContain(join(out, 'boards/spyglass-trace.json'))
  expect(files.every((file) => existsSync(file))).toBe(true)
})

test.each([
  [['--out', '/tmp/x'], '--user is missing'],
  [['--user', 'u', '--password', 'p'], '--out is missing'],
  [['--out', '/tmp/x', '--user', 'u', '--password', 'p', '--url', 'nonsense'], '--url nonsense is not a URL'],
  [['--out', '/tmp/x', '--user', 'u', '--password', 'p', '--owner', 'nobody'], '--owner nobody'],
  [['--colour'], "Unknown option '--colour'"],
])('%j is refused with what is wrong', async (args, message) => {
  const { code, stderr } = await run(args, { SPYGLASS_READER_PASSWORD: '' })
  expect(code).toBe(1)
  expect(stderr).toContain('SPY_DASHBOARDS_ARGUMENTS')
  expect(stderr).toContain(message)
})

test('--help lists every option', async () => {
  const { code, stdout } = await run(['--help'])
  expect(code).toBe(0)
  for (const option of ['--out', '--url', '--user', '--password', '--database', '--owner']) expect(stdout).toContain(option)
})
