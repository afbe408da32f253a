import { expect, test } from 'vitest'
import { runProgram } from '../../scripts/run-program.ts'

test("a program's output and exit code are kept", async () => {
  const script = 'process.stdout.write("on standard output;"); process.stderr.write("on standard error;"); process.exitCode = 3'
  const { code, output } = await runProgram(process.execPath, ['-e', script])
  expect(code).toBe(3)
  expect(output).toContain('on standard output;')
  expect(output).toContain('on standard error;')
})

test('a program that cannot be started has code 127 and says why', async () => {
  const { code, output } = await runProgram('/no/such/program', [])
  expect(code).toBe(127)
  expect(output).toContain('ENOENT')
})
