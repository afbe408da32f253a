import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig, readSecrets, ensureSecrets } from '@spyglass/process/config'
import { parse, stringify } from 'yaml'
import { cli } from '../../support/suite.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function spyglass(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
  return { status, stdout: stdout.trim(), stderr }
}

test('a value that the command encrypts stands in spyglass.yaml and secrets.yaml, and is read with the key alone', () => {
  const folder = tempFolder()
  const key = join(folder, 'key')
  expect(spyglass(['secret', 'key', key]).stdout).toContain('mode 0600')
  const encrypted = spyglass(['secret', 'encrypt', '--key', key], 'my password\n').stdout
  const chinese = spyglass(['secret', 'encrypt', '--algorithm', 'sm4-cbc-hmac-sm3'], '密码', { SPYGLASS_SECRET_KEY_FILE: key }).stdout
  expect([encrypted, chinese]).toEqual([
    expect.stringMatching(/^encrypted:v1:aes-256-gcm:/),
    expect.stringMatching(/^encrypted:v1:sm4-cbc-hmac-sm3:/),
  ])
  expect(spyglass(['secret', 'decrypt', '--key', key], `${chinese}\n`).stdout).toBe('密码')
  expect(spyglass(['secret', 'encrypt'], 'x')).toMatchObject({ stdout: '', stderr: expect.stringContaining('SPY_SECRET_KEY_MISSING') })
  expect(spyglass(['secret', 'encrypt', '--key', key, '--algorithm', 'rot13'], 'x').stderr).toContain(
    'none of aes-256-gcm, sm4-cbc-hmac-sm3',
  )

  const file = join(folder, 'spyglass.yaml')
  writeFileSync(file, stringify({ applications: [{ name: 'shop', folder: '.', environment: { PASSWORD: encrypted, NAME: chinese } }] }))
  const secrets = join(folder, 'data/secrets.yaml')
  mkdirSync(join(folder, 'data'))
  ensureSecrets(secrets)
  const plain = parse(readFileSync(secrets, 'utf8')) as { console: { password: string } }
  writeFileSync(secrets, stringify({ ...plain, console: { ...plain.console, password: encrypted } }))
  const { SPYGLASS_SECRET_KEY_FILE: before } = process.env
  try {
    process.env['SPYGLASS_SECRET_KEY_FILE'] = key
    expect(loadConfig({ file }).applications[0]?.environment).toEqual({ PASSWORD: 'my password', NAME: '密码' })
    expect(readSecrets(secrets).console.password).toBe('my password')
    delete process.env['SPYGLASS_SECRET_KEY_FILE']
    expect(() => loadConfig({ file })).toThrow(/applications\[0\] environment PASSWORD is encrypted, and there is no key/)
    expect(() => readSecrets(secrets)).toThrow(expect.objectContaining({ code: 'SPY_SECRET_KEY_MISSING' }))
  } finally {
    if (before !== undefined) process.env['SPYGLASS_SECRET_KEY_FILE'] = before
  }
})
