import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sinkForTest, startApplication } from '../../support/agent-process.ts'
import { ROOT } from '../../support/sources.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const env = (endpoint: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, SPYGLASS_PROFILE: 'on', SPYGLASS_SLOW_REQUEST_MS: '0.001' })

test('each of two requests at once has its own functions in its profile', async () => {
  const sink = await sinkForTest()
  const application = startApplication('profiled.mjs', { env: env(sink.endpoint) })
  expect((await application.exited).code, application.stderr()).toBe(0)
  const profiles = sink.logs.filter(({ eventName }) => eventName === 'spyglass.profile')
  const profileOf = (path: string) => {
    const root = sink.spans.find(({ kind, attributes }) => kind === 2 && attributes['url.path'] === path)
    return String(profiles.find(({ traceId }) => traceId === root?.traceId)?.body)
  }
  expect(profileOf('/hash')).toContain('hashing (')
  expect(profileOf('/hash')).not.toContain('sorting (')
  expect(profileOf('/sort')).toContain('sorting (')
  expect(profileOf('/sort')).not.toContain('hashing (')
})

test('without the library the application runs, and one line says what is missing', async () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'agent'))
  cpSync(join(ROOT, 'agent/src'), join(folder, 'agent/src'), { recursive: true })
  cpSync(join(ROOT, 'agent/package.json'), join(folder, 'agent/package.json'))
  writeFileSync(join(folder, 'app.mjs'), 'process.stdout.write("ran")')
  const { spawnSync } = await import('node:child_process')
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', join(folder, 'agent/src/register.ts'), 'app.mjs'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], SPYGLASS_PROFILE: 'on', XDG_STATE_HOME: folder },
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([0, 'ran'])
  expect(stderr).toMatch(/^SPY_AGENT_SETTINGS: .*@datadog\/pprof.*\n$/)
})
