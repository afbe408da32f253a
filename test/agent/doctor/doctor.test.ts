import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { diagnose } from '../../../agent/src/doctor/doctor.ts'
import { instrumentations } from '../../../agent/src/instrument/table.ts'
import { readSettings } from '../../../agent/src/settings/settings.ts'
import { makeCertificate, readCertificate } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function applicationWith(packages: Readonly<Record<string, string>>): string {
  const folder = tempFolder()
  for (const [name, version] of Object.entries(packages)) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true })
    writeFileSync(
      join(folder, 'node_modules', name, 'package.json'),
      JSON.stringify({ name: name.replace(/^.*node_modules\//, ''), version }),
    )
  }
  return folder
}

async function serverUrl(server: http.Server, protocol = 'http'): Promise<URL> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return new URL(`${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

async function endpointThatAnswers(status: number): Promise<string> {
  const server = http.createServer((request, response) => request.resume().on('end', () => response.writeHead(status).end()))
  return (await serverUrl(server)).origin
}

const diagnosis = (folder: string, env: Readonly<Record<string, string>>) => diagnose(folder, instrumentations, readSettings(env).settings)
const lineOf = (lines: readonly string[], name: string) => lines.find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}:`))

test('each library is recorded, too old, too new, bundled or unseen, also those of a library', async () => {
  const folder = applicationWith({ mysql2: '1.7.0', ioredis: '99.0.0', pg: '8.11.0', 'pg/node_modules/pg-pool': '3.6.0' })
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist/server.js'), `${'x'.repeat(20_000)};"app.use() requires a middleware function"`)
  const { lines, isGood } = await diagnosis(folder, { OTEL_EXPORTER_OTLP_ENDPOINT: await endpointThatAnswers(200) })
  expect(isGood).toBe(false)
  expect(lineOf(lines, 'pg')).toBe('pg 8.11.0: recorded (statements with call site)')
  expect(lineOf(lines, 'pg-pool')).toMatch(/^pg-pool 3\.6\.0: recorded/)
  expect(lineOf(lines, 'mysql2')).toBe('mysql2 1.7.0: too old: recorded are 2.0.0 and later, below 4.0.0')
  expect(lineOf(lines, 'ioredis')).toMatch(/^ioredis 99\.0\.0: too new/)
  expect(lineOf(lines, 'express')).toBe(
    `express: bundled into ${folder}/dist/server.js: build with the plugin @spyglass/agent/esbuild, or mark the package as external`,
  )
  expect(lineOf(lines, 'unseen, since they are not installed')).toMatch(/fastify/)
  expect(lines.at(-1)).toMatch(/^endpoint http:\S+: answers$/)
})

test('what is switched off needs no attention', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: await endpointThatAnswers(200), OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'mysql2' }
  const { lines, isGood } = await diagnosis(applicationWith({ mysql2: '1.7.0' }), env)
  expect([isGood, lineOf(lines, 'mysql2')]).toEqual([true, 'mysql2: off, by OTEL_NODE_DISABLED_INSTRUMENTATIONS'])
})

test.each([
  [401, false, /answers 401: set OTEL_EXPORTER_OTLP_HEADERS/],
  [404, false, /answers 404 to \S+\/v1\/traces: that is no OTLP endpoint/],
  [503, true, /answers 503: it is busy/],
])('an endpoint that answers %d is explained', async (status, good, text) => {
  const { lines, isGood } = await diagnosis(tempFolder(), { OTEL_EXPORTER_OTLP_ENDPOINT: await endpointThatAnswers(status) })
  expect([isGood, lines.at(-1)]).toEqual([good, expect.stringMatching(text)])
})

test('an endpoint that does not answer is explained', async () => {
  const { lines, isGood } = await diagnosis(tempFolder(), { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` })
  expect([isGood, lines.at(-1)]).toEqual([false, expect.stringMatching(/does not answer \(.*ECONNREFUSED.*\): is a collector running/)])
})

test('credentials of the endpoint are sent, and not shown', async () => {
  const isAllowed = ({ headers }: http.IncomingMessage) => headers.authorization === `Basic ${Buffer.from('ada:l/p').toString('base64')}`
  const server = http.createServer((request, response) =>
    request.resume().on('end', () => response.writeHead(isAllowed(request) ? 200 : 401).end()),
  )
  const url = await serverUrl(server)
  const endpointOf = async (user: string) => {
    const { lines, isGood } = await diagnosis(tempFolder(), { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${user}@${url.host}` })
    expect(lines.join('\n')).not.toContain(user)
    return [isGood, lines.at(-1)]
  }
  expect(await endpointOf('ada:l%2Fp')).toEqual([true, `endpoint http://${url.host}/: answers`])
  expect(await endpointOf('ada:wrong')).toEqual([false, expect.stringContaining('answers 401')])
})

test('an endpoint that is no URL is explained, and its password is not shown', async () => {
  const { lines, isGood } = await diagnosis(tempFolder(), { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://ada:secret@host:99999' })
  expect([isGood, lines.at(-1)]).toEqual([
    false,
    expect.stringMatching(/: SPY_OTLP_ENDPOINT: the OTLP endpoint grpc:\/\/\S+host:99999 is not/),
  ])
  expect(lines.join('\n')).not.toContain('secret')
})

test('the certificate of the settings is trusted, as exports trust it', async (context) => {
  const files = makeCertificate(context, tempFolder(), ['collector'])
  const server = https.createServer(readCertificate(files), (request, response) => request.resume().on('end', () => response.end()))
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: (await serverUrl(server, 'https')).origin }
  expect((await diagnosis(tempFolder(), { ...env, OTEL_EXPORTER_OTLP_CERTIFICATE: files.certificate })).lines.at(-1)).toMatch(/: answers$/)
  expect((await diagnosis(tempFolder(), env)).lines.at(-1)).toMatch(/does not answer \(.*certificate.*\)/)
})

test('a folder that does not exist is refused', async () => {
  await expect(diagnosis('/nonexistent', {})).rejects.toMatchObject({ code: 'SPY_AGENT_DOCTOR_FOLDER' })
})
