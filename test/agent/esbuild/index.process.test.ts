import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { spyglass } from '../../../agent/src/esbuild/index.ts'
import { ROOT } from '../../support/sources.ts'

/** A route, a line of pino, and a span of the OpenTelemetry API: whatever a line of the plugin could take away. */
const PROGRAM = `import express from 'express'
import pino from 'pino'
import { context, propagation, trace } from '@opentelemetry/api'
const application = express()
application.get('/greeting/:name', (request, response) => {
  pino({ base: null, timestamp: false }).info({ name: request.params.name }, 'greeted')
  const carrier = {}
  trace.getTracer('test').startActiveSpan('greeting', (span) => {
    propagation.inject(context.active(), carrier)
    span.end()
  })
  response.json({ isRecorded: 'traceparent' in carrier })
})
const server = application.listen(0, '127.0.0.1', async () => {
  const answer = await fetch('http://127.0.0.1:' + server.address().port + '/greeting/ada')
  console.log(answer.status, await answer.text())
  server.closeAllConnections()
  server.close()
})
`
/** What a bundle of modules needs for packages in CommonJS. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)`
const REGISTER = new URL('../../../agent/src/register.ts', import.meta.url).href

async function bundled(format: 'esm' | 'cjs', api: string): Promise<string> {
  const folder = mkdtempSync(join(ROOT, '.cache', 'bundle-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'app.js'), PROGRAM)
  cpSync(join(ROOT, 'node_modules', api), join(folder, 'node_modules/@opentelemetry/api'), { recursive: true })
  const outfile = join(folder, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs')
  await build({
    entryPoints: [join(folder, 'app.js')],
    outfile,
    bundle: true,
    minify: true,
    format,
    ...(format === 'esm' ? { banner: { js: REQUIRE } } : {}),
    platform: 'node',
    logLevel: 'error',
    plugins: [spyglass()],
  })
  return outfile
}

function outputOf(bundle: string, ...preload: string[]): string[] {
  const env = { PATH: process.env['PATH'], SPYGLASS_SPOOL: 'off', SPYGLASS_LOGS: 'off', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  return execFileSync(process.execPath, ['--conditions=spyglass-source', ...preload, bundle], { env })
    .toString()
    .trim()
    .split('\n')
}

test.each([
  ['esm', 'opentelemetry-api-1.9'],
  ['cjs', 'opentelemetry-api-1.9'],
  ['esm', '@opentelemetry/api'],
  ['cjs', '@opentelemetry/api'],
] as const)('a bundle in %s with %s works without the agent, and is recorded with it', async (format, api) => {
  const bundle = await bundled(format, api)
  const [line = '', answer] = outputOf(bundle)
  expect([JSON.parse(line), answer]).toEqual([{ level: 30, name: 'ada', msg: 'greeted' }, '200 {"isRecorded":false}'])
  const [recordedLine = '', recordedAnswer] = outputOf(bundle, '--import', REGISTER)
  expect(JSON.parse(recordedLine)).toEqual({
    level: 30,
    name: 'ada',
    msg: 'greeted',
    trace_id: expect.any(String),
    span_id: expect.any(String),
  })
  expect(recordedAnswer).toBe('200 {"isRecorded":true}')
})

test('only files that are patched are changed', async () => {
  const text = readFileSync(await bundled('cjs', '@opentelemetry/api'), 'utf8')
  const patches = [...text.matchAll(/spyglass\.patch.{0,60}?["'`]([\w-]+):/g)].map(([, name]) => name)
  expect(new Set(patches)).toEqual(new Set(['router', 'pino', 'opentelemetry-api']))
})
