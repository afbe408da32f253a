import { expect, test } from 'vitest'
import { agentSource, runProgram, sinkForTest, startApplication } from '../../support/agent-process.ts'
import { until } from '../../support/until.ts'

test('registering twice is harmless', async () => {
  const sink = await sinkForTest()
  const again = `await import('${agentSource('register.ts')}?again'); console.log('once')`
  const { code } = await runProgram(again, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint },
    execArgv: ['--import', agentSource('register.ts')],
  })
  expect(code).toBe(0)
  await until(() => sink.logs.length > 0)
  expect(sink.logs.map((log) => log.body)).toEqual(['once'])
})

test('worker threads record for themselves under a name of their own', async () => {
  const sink = await sinkForTest()
  const application = startApplication('worker.mjs', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint } })
  expect((await application.exited).code).toBe(0)
  await until(() => sink.logs.some((log) => log.body === 'in a worker'))
  expect(sink.resources.some((resource) => /-thread-\d+$/.test(String(resource['service.instance.id'])))).toBe(true)
})

test('a wrong setting is reported and does not keep the application from running', async () => {
  const env = { SPYGLASS_KEPT_PER_SECOND: 'many', OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' }
  const { code, stdout, stderr } = await runProgram("console.log('runs')", { env })
  expect([code, stdout]).toEqual([0, 'runs\n'])
  expect(stderr).toContain('SPYGLASS_KEPT_PER_SECOND is "many"')
  expect(stderr).toContain('nonsense is not an http or https URL')
})

test('the default mode loads neither an SDK nor the libraries of the other doors', async () => {
  const program = `
    const { registerHooks } = await import('node:module')
    const loaded = []
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
    await import('${agentSource('register.ts')}')
    console.log(JSON.stringify(loaded.filter((url) => url.includes('node_modules'))))
    process.exit(0)`
  const { stdout } = await runProgram(program, { withAgent: false })
  expect(JSON.parse(stdout)).toEqual([])
})
