import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ensureSecrets, readSecrets } from '@spyglass/process/config'
import { tempFolder } from '../../../support/temp-folder.ts'

test('the first start makes a private file of random passwords, the second reads it', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  const secrets = ensureSecrets(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(ensureSecrets(file)).toEqual(secrets)
  const passwords = [
    secrets.clickhouse.reader.password,
    secrets.console.password,
    secrets.snmp.authPassword,
    secrets.snmp.privPassword,
    secrets.otlp.token,
    secrets.internal.token,
  ]
  expect(new Set(passwords).size).toBe(6)
  for (const password of passwords) expect(password).toMatch(/^[A-Za-z2-9]{24,}$/)
})

test('a file of an older version gets the token that it lacks, once, and keeps every byte that it has', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  ensureSecrets(file)
  const older = readFileSync(file, 'utf8').replace(/^otlp:\n.*\n/m, '# mine\n')
  expect(older).not.toContain('otlp')
  for (const text of [older, older.trimEnd()]) {
    writeFileSync(file, text)
    const before = readSecrets(file)
    const remarks: string[] = []
    const secrets = ensureSecrets(file, (remark) => remarks.push(remark))
    expect(secrets).toEqual(before)
    expect(readFileSync(file, 'utf8').startsWith(text)).toBe(true)
    expect(readFileSync(file, 'utf8')).toContain(secrets.otlp.token)
    expect(remarks).toEqual([expect.stringContaining('otlp.token was added')])
    expect(ensureSecrets(file, (remark) => remarks.push(remark))).toEqual(secrets)
    expect(remarks).toHaveLength(1)
  }
})

test('a file that cannot be added to gives the same token at each start', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  const { otlp: _, ...older } = ensureSecrets(file)
  writeFileSync(file, JSON.stringify(older))
  const remarks: string[] = []
  const secrets = ensureSecrets(file, (remark) => remarks.push(remark))
  expect(ensureSecrets(file).otlp.token).toBe(secrets.otlp.token)
  expect(readFileSync(file, 'utf8')).toBe(JSON.stringify(older))
  expect(remarks).toEqual([expect.stringContaining('cannot be added')])
})

test('a damaged file is reported by its missing entries, without its content, and is left unchanged', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  const content = 'console: {user: admin, password: hunter2hunter2}\n'
  writeFileSync(file, content)
  expect(() => ensureSecrets(file)).toThrow(
    expect.objectContaining({ code: 'SPY_SECRETS_INVALID', message: expect.not.stringContaining('hunter2') }),
  )
  expect(readFileSync(file, 'utf8')).toBe(content)
})

test.for([
  ['empty', '', 'it is empty'],
  ['blank', ' \n\n', 'it is empty'],
  ['a list', '- a\n', 'is not a map of settings'],
  ['a word', 'hunter2\n', 'is not a map of settings'],
  ['cut off', 'console: {user: admin, pass', 'not valid YAML (line 1)'],
  ['an alias', 'console: {user: admin, password: *hunter2}', 'cannot be read'],
  ['without most of it', 'snmp: {user: spyglass}\n', 'console: missing; snmp.authPassword: missing'],
  ['with a long name', `snmp: {user: ${'hunter2'.repeat(6)}}\n`, 'snmp.user: an SNMPv3 user name of at most 32 bytes'],
  [
    'with a short password',
    'snmp: {user: a, authPassword: hunter2}\n',
    'snmp.authPassword: Too small: expected string to have >=8 characters',
  ],
  ['with a number for a name', 'snmp: {user: 5}\n', 'snmp.user: Invalid input: expected string, received number'],
  ['binary', '\0\u0001\u0002', /valid YAML|map of settings/],
] as const)('a file that is %s stops the start with that reason, and no secret in it', ([, content, reason]) => {
  const file = join(tempFolder(), 'secrets.yaml')
  writeFileSync(file, content)
  const error = errorOf(() => ensureSecrets(file))
  expect(error).toMatchObject({
    code: 'SPY_SECRETS_INVALID',
    message: typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason),
  })
  expect(error.message).not.toContain('hunter2')
})

test('a folder in its place is reported as one', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  mkdirSync(file)
  expect(errorOf(() => ensureSecrets(file)).message).toContain('it is a folder')
})

test.each([
  ['a hundred megabytes long', (file: string) => truncateSync(file, 100_000_000), 'it has 100000000 bytes'],
  ['nested deeply', (file: string) => writeFileSync(file, '['.repeat(100_000)), 'it '],
] as const)('a file that is %s is reported, and takes neither all memory nor an uncoded error', (_how, put, reason) => {
  const file = join(tempFolder(), 'secrets.yaml')
  writeFileSync(file, '')
  put(file)
  const error = errorOf(() => readSecrets(file))
  expect(error).toMatchObject({ code: 'SPY_SECRETS_INVALID', message: expect.stringContaining(reason) as string })
})

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not throw')
}

test('a file that others may read is closed to them, and that is reported', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  const remarks: string[] = []
  const secrets = ensureSecrets(file, (text) => remarks.push(text))
  expect(remarks).toEqual([])
  chmodSync(file, 0o644)
  expect(ensureSecrets(file, (text) => remarks.push(text))).toEqual(secrets)
  expect(remarks).toEqual([expect.stringMatching(/was readable by other users.*mode 0644.*mode is now 0600/)])
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test.skipIf(process.getuid?.() !== 0)('a file that the user may not read is reported with its mode, not as bad YAML', () => {
  const folder = tempFolder()
  chmodSync(folder, 0o755)
  const file = join(folder, 'secrets.yaml')
  ensureSecrets(file)
  chmodSync(file, 0o000)
  const script = "import { ensureSecrets } from '@spyglass/process/config'; process.setuid(65534); ensureSecrets(process.argv[1])"
  const { stderr } = spawnSync(process.execPath, ['--conditions=spyglass-source', '--input-type=module', '-e', script, file], {
    encoding: 'utf8',
  })
  expect(stderr).toMatch(/SPY_SECRETS_INVALID|may not read it/)
  expect(stderr).toContain('mode 0000')
})

test('a file that does not exist yet is reported as missing by those who do not create it', () => {
  expect(() => readSecrets(join(tempFolder(), 'secrets.yaml'))).toThrow(expect.objectContaining({ code: 'SPY_SECRETS_MISSING' }))
})

test('of several processes that make the file at the same moment one file stands, for all of them', async () => {
  const file = join(tempFolder(), 'secrets.yaml')
  const script = "import { ensureSecrets } from '@spyglass/process/config'; console.log(ensureSecrets(process.argv[1]).internal.token)"
  const run = () => promisify(execFile)(process.execPath, ['--conditions=spyglass-source', '--input-type=module', '-e', script, file])
  const tokens = await Promise.all(Array.from({ length: 4 }, run))
  expect(new Set(tokens.map(({ stdout }) => stdout)).size).toBe(1)
  expect(readdirSync(join(file, '..'))).toEqual(['secrets.yaml'])
})

test('a link that leads nowhere is named, and nothing is written in its place', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  symlinkSync('/nowhere/secrets.yaml', file)
  const reason = expect.objectContaining({
    code: 'SPY_SECRETS_INVALID',
    message: expect.stringContaining('it is a link to /nowhere/secrets.yaml, which cannot be found') as string,
  }) as Error
  expect(() => ensureSecrets(file)).toThrow(reason)
  expect(() => readSecrets(file)).toThrow(reason)
})
