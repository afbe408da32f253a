/**
 * `npm run soak -- next`: a program of Next.js with `output: standalone`, as its documentation shows it, is built, deployed, reloaded, given a second version and rolled
 * back under load. It is no test of `npm test`, since its packages take 340 MB and its build a minute. Fails when an answer is wrong or a request failed.
 */
import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { underLoad } from '../support/request-load.ts'
import { ROOT } from '../support/sources.ts'
import { newDataFolder, removeFolder } from '../support/store-process.ts'
import { startSuite } from '../support/suite.ts'

const execute = promisify(execFile)
const HELLO = 'Hello from Next.js!'
const AGAIN = 'Hello again!'
const EXPECTED = /^200 \{"message":"Hello (from Next\.js|again)!"\}$/
const ENVIRONMENT = { ...process.env, NODE_OPTIONS: '', NEXT_TELEMETRY_DISABLED: '1' }

const data = newDataFolder()
const folder = join(data, 'next')
const standalone = join(folder, '.next/standalone')
try {
  cpSync(join(ROOT, 'test/fixtures/programs/next-standalone'), folder, { recursive: true })
  await execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, env: ENVIRONMENT })
  await build()
  await using suite = await startSuite(data)
  const run = async (...args: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await suite.run(...args)
    process.stdout.write(stdout)
    if (code !== 0) throw new TypeError(`spyglass ${args.join(' ')} ended with ${code}: ${stderr}`)
  }
  const url = `${suite.urls.app}/api/hello`
  const expectAnswer = async (message: string): Promise<void> => {
    const { message: got } = (await (await fetch(url)).json()) as { message: string }
    if (got !== message) throw new TypeError(`it answers ${got} instead of ${message}`)
  }
  await run('deploy', standalone, '--name', 'next', '--path', '/')
  await expectAnswer(HELLO)
  const route = join(folder, 'app/api/hello/route.js')
  writeFileSync(route, readFileSync(route, 'utf8').replace(HELLO, AGAIN))
  await build()
  const { good, failures } = await underLoad(url, EXPECTED, async () => {
    await run('reload', 'next')
    await run('deploy', standalone, '--name', 'next')
    await expectAnswer(AGAIN)
    await run('rollback', 'next')
    await expectAnswer(HELLO)
  })
  process.stdout.write(`${good} requests answered, ${failures.length} failed\n`)
  if (failures.length > 0) throw new TypeError(failures.slice(0, 5).join('; '))
} finally {
  removeFolder(data)
}

async function build(): Promise<void> {
  await execute(join(folder, 'node_modules/.bin/next'), ['build'], { cwd: folder, env: ENVIRONMENT })
}
