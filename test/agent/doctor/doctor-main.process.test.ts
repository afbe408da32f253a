import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { collect } from '../../support/suite.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const MAIN = fileURLToPath(new URL('../../../agent/src/doctor/doctor-main.ts', import.meta.url))

function run(folder: string, env: Readonly<Record<string, string>> = {}) {
  return collect(
    spawn(process.execPath, ['--conditions=spyglass-source', MAIN, 'doctor', folder], { env: { PATH: process.env['PATH'], ...env } }),
  )
}

test('a folder that does not exist is refused', async () => {
  expect(await run('/nonexistent')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^SPY_AGENT_DOCTOR_FOLDER: \/nonexistent is not a folder: .+\n$/),
  })
})

test('it waits for the endpoint, and exits with 1 when that does not answer', async () => {
  const { code, stdout } = await run(tempFolder(), { OTEL_EXPORTER_OTLP_ENDPOINT: `http://ada:secret@127.0.0.1:${await freePort()}` })
  expect([code, stdout]).toEqual([1, expect.stringMatching(/\nendpoint http:\/\/127\.0\.0\.1:\d+\/: does not answer \(.*ECONNREFUSED/)])
})
