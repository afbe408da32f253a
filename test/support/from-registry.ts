/** Packages that only single tests need, in versions of their own: installed from the registry, outside of the project. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import type { TestContext } from 'vitest'

const execute = promisify(execFile)

/**
 * The folder of a project that has one, or several, as npm specifies them: `dd-trace@6.21.0`; removed when the test ends. `nested`: its dependencies are below it, so
 * that it can be copied. Without a registry the test is skipped with the reason; in CI it fails.
 */
export async function installFromRegistry(
  context: TestContext,
  specification: string | readonly string[],
  layout: 'hoisted' | 'nested',
): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), 'spyglass-from-registry-'))
  context.onTestFinished(() => rmSync(project, { recursive: true, force: true, maxRetries: 5 }))
  writeFileSync(join(project, 'package.json'), '{"name":"orders","version":"1.0.0"}')
  const options = [`--install-strategy=${layout}`, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  try {
    await execute('npm', ['install', ...options, ...[specification].flat()], { cwd: project })
  } catch (error) {
    if (process.env['CI'] || !isUnreachable(error)) throw error
    return context.skip('the registry of npm cannot be reached')
  }
  return project
}

/** https://github.com/npm/cli: what its fetch fails with. */
const isUnreachable = (error: unknown): boolean =>
  /npm (?:error|ERR!) code (?:E(?:NOTFOUND|CONNREFUSED|AI_AGAIN|TIMEDOUT|CONNRESET)|ENETUNREACH)/.test(String(error))
